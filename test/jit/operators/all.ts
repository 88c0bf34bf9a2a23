import { composedOperators } from './composed.js';
import { convolutions } from './convolution.js';
import { elementwise } from './elementwise.js';
import { fusedOperators } from './fused.js';
import type { OperatorCase } from './harness.js';
import { indexing } from './indexing.js';
import { pooling } from './pooling.js';
import { matrixProducts } from './products.js';
import { reductions } from './reduction.js';
import { resizing } from './resize.js';
import { shaping } from './shape.js';

/** Uses of every operator that can be compiled, by the kernel's name, and of some that are composed. */
export const operators: Record<string, OperatorCase[]> = {
  ...elementwise,
  ...reductions,
  ...shaping,
  ...indexing,
  ...matrixProducts,
  ...convolutions,
  ...pooling,
  ...resizing,
  ...fusedOperators,
  ...composedOperators,
};
