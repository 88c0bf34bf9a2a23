/** What onnxruntime runs compiled functions on. */
export const compiledDevices = ['cpu', 'webgpu', 'cuda', 'dml', 'coreml'] as const;

/** What runs functions as they are: packages of TensorFlow.js with TensorFlow's own library, by their names in `@tensorflow/`. */
export const eagerDevices = ['tfjs-node', 'tfjs-node-gpu'] as const;

/** Every device that can be asked for. */
export const devices = [...compiledDevices, ...eagerDevices] as const;

export type CompiledDevice = (typeof compiledDevices)[number];
export type EagerDevice = (typeof eagerDevices)[number];

/** Where functions run. */
export type Device = CompiledDevice | EagerDevice;

/** Why there is no ONNX file for such a device, and what to do. */
export function withoutOnnx(device: EagerDevice): string {
  return `${device} runs the model's functions themselves and has no ONNX files of its own: export for portable, which runs everywhere.`;
}

/** Whether a device runs functions as they are, without a graph. */
export function isEager(device: string): device is EagerDevice {
  return (eagerDevices as readonly string[]).includes(device);
}
