import type { Graph } from '../src/jit/graph.js';
import { sizeOf } from '../src/jit/ndarray.js';

/**
 * Floating-point operations of a graph's matrix products, two for each multiplication with its addition;
 * the rest (norms, activations, softmax) is left out, as is usual.
 */
export function productFlops(graph: Graph): number {
  let flops = 0;
  for (const { opType, inputs, outputs, attributes } of graph.nodes) {
    if (opType === 'Gemm' || opType === 'MatMul' || opType === 'FusedMatMul') {
      const shape = inputs[0]!.shape;
      const inner = shape[attributes.transA ? shape.length - 2 : shape.length - 1];
      flops += 2 * sizeOf(outputs[0].shape) * inner;
    } else if (opType === 'MultiHeadAttention') {
      const [query, key] = inputs;
      const [batch, queries, width] = query!.shape;
      flops += 2 * 2 * batch * queries * key!.shape[1] * width;
    }
  }
  return flops;
}
