// The compiler's front door loads no tfjs: operators of the compiler's own are in fused.ts.

export { type Device, devices } from './deviceNames.js';
export { type Compiled, type JitOptions, jit } from './jit.js';
export { type DType, NdArray, ndarray } from './ndarray.js';
export { JitError } from './traceError.js';
export type { Precision } from './tracer.js';
