import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type * as tf from '@tensorflow/tfjs-core';
import { UserError } from '../../src/errors.js';
import { packageRoot } from '../../src/files/packageRoot.js';
import { jit } from '../../src/jit/index.js';
import { startTfjsNode } from '../../src/jit/tfjsNode.js';

const installed = existsSync(join(packageRoot, 'node_modules/@tensorflow/tfjs-node-gpu'));

(installed ? test.skip : test)('a package that is missing is named, and how to get it', () => {
  const use = () => jit((x: tf.Tensor) => x, { device: 'tfjs-node-gpu' });
  expect(use).toThrow(UserError);
  expect(use).toThrow(/npm install @tensorflow\/tfjs-node-gpu@4\.22\.0/);
  expect(use).toThrow(/node .*installTfjsNode\.mjs gpu/);
});

// With the package itself this depends on the machine.
(process.env.FGDET_TEST_TFJS_NODE ? test.skip : test)(
  'without a GPU, tfjs-node-gpu does not run on the processor instead',
  async () => {
    await expect(startTfjsNode('tfjs-node-gpu')).rejects.toThrow(UserError);
    await expect(startTfjsNode('tfjs-node-gpu')).rejects.toThrow(
      /found no GPU.*nvidia-smi.*Without a GPU, device "cpu"/,
    );
    expect(process.env.TF_ENABLE_ONEDNN_OPTS).toBe('0');
    expect(process.env.TF_FORCE_GPU_ALLOW_GROWTH).toBe('true');
  },
);
