import { type Graph, microsoftDomain, type Value } from '../graph.js';
import { defineKernel } from './define.js';

/**
 * softmax(q·kᵀ / √head width)·v per head. Operands are [batch, tokens, heads · head width]; with
 * `causal`, a token sees itself and those before it.
 */
defineKernel('Attention', ({ graph, inputs: { query, key, value }, attributes }) => {
  const heads = attributes.heads as number;
  const causal = Boolean(attributes.causal);
  // onnxruntime aligns the last query with the last key, which differs when their numbers do. On WebGPU its
  // operator is wrong from 32 tokens on where subgroups are narrow (seen with SwiftShader's of four).
  const shifted = causal && query.shape[1] !== key.shape[1];
  if (graph.target === 'portable' || graph.target === 'webgpu' || shifted) {
    return composed(graph, query, key, value, heads, causal);
  }
  return graph.node(
    'MultiHeadAttention',
    [query, key, value],
    [...query.shape.slice(0, 2), value.shape[2]],
    'float32',
    { num_heads: heads, unidirectional: causal ? 1 : 0 },
    microsoftDomain,
  );
});

function composed(
  graph: Graph,
  query: Value,
  key: Value,
  value: Value,
  heads: number,
  causal: boolean,
): Value {
  const [batch, queries, width] = query.shape;
  const keys = key.shape[1];
  const perHead = width / heads;
  const split = (x: Value, order: number[]) =>
    graph.transpose(graph.reshape(x, [batch, x.shape[1], heads, perHead]), order);
  const scores = [batch, heads, queries, keys];
  const product = graph.node(
    'MatMul',
    [split(query, [0, 2, 1, 3]), split(key, [0, 2, 3, 1])],
    scores,
    'float32',
  );
  let logits = graph.node(
    'Mul',
    [product, graph.scalar(1 / Math.sqrt(perHead))],
    scores,
    'float32',
  );
  if (causal) {
    const mask = causalMask(queries, keys);
    logits = graph.node(
      'Add',
      [logits, graph.constant(mask, [queries, keys], 'float32')],
      scores,
      'float32',
    );
  }
  const weights = graph.node('Softmax', [logits], scores, 'float32', { axis: -1 });
  const mixed = graph.node(
    'MatMul',
    [weights, split(value, [0, 2, 1, 3])],
    [batch, heads, queries, perHead],
    'float32',
  );
  return graph.reshape(graph.transpose(mixed, [0, 2, 1, 3]), [batch, queries, width]);
}

/** 0 where a query may look, a very negative number where it may not. */
export function causalMask(queries: number, keys: number): Float32Array {
  return Float32Array.from({ length: queries * keys }, (_, index) =>
    index % keys > Math.floor(index / keys) ? -1e9 : 0,
  );
}
