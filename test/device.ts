import type { Device } from '../src/jit/deviceNames.js';

/** What comparisons with the reference run on: with FGDET_TEST_TFJS_NODE=1 TensorFlow, otherwise onnxruntime. */
export const device: Device = process.env.FGDET_TEST_TFJS_NODE ? 'tfjs-node' : 'cpu';
