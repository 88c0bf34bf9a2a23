export { type Device, devices } from './devices.js';
export { attention, gelu, layerNorm, quickGelu } from './fused.js';
export { type Compiled, type JitOptions, jit } from './jit.js';
export { type DType, NdArray, ndarray } from './ndarray.js';
export { JitError } from './traceError.js';
export type { Precision } from './tracer.js';
