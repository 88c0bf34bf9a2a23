import type * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { attention, gelu, geluTanh, layerNorm, quickGelu } from '../../../src/jit/fused.js';
import { floats, shapes } from './arrays.js';
import { call, type OperatorCase } from './harness.js';

function activation(run: (x: tf.Tensor) => tf.Tensor): OperatorCase[] {
  return [
    {
      title: 'float32',
      gradient: true,
      calls: shapes()
        .chain((shape) => floats(shape))
        .map((x) => call([x], run)),
    },
  ];
}

const sizes = fc.record({
  batch: fc.integer({ min: 1, max: 3 }),
  queries: fc.integer({ min: 1, max: 5 }),
  keys: fc.integer({ min: 1, max: 5 }),
  heads: fc.integer({ min: 1, max: 3 }),
  perHead: fc.constantFrom(1, 4, 8),
});

function attending(
  title: string,
  { causal = false, self = false, mask = false }: Record<string, boolean>,
): OperatorCase {
  return {
    title,
    gradient: true,
    calls: sizes
      .chain(({ batch, queries, keys: other, heads, perHead }) => {
        const width = heads * perHead;
        const keys = self ? queries : other;
        return fc.tuple(
          floats([batch, queries, width]),
          floats([batch, keys, width]),
          floats([batch, keys, width]),
          fc
            .constantFrom([1, 1, queries, keys], [batch, heads, 1, keys], [keys])
            .chain((shape) => floats(shape)),
          fc.constant(heads),
        );
      })
      .map(([q, k, v, bias, heads]) =>
        call(
          mask ? [q, k, v, bias] : [q, k, v],
          (query: tf.Tensor3D, key: tf.Tensor3D, value: tf.Tensor3D, ...added: tf.Tensor[]) =>
            attention(query, key, value, { heads, causal, mask: added[0] }),
        ),
      ),
  };
}

/** Operators that tfjs does not have: uses of each, by the kernel's name. */
export const fusedOperators: Record<string, OperatorCase[]> = {
  LayerNorm: [
    {
      title: 'float32',
      gradient: true,
      tolerance: 1e-4,
      calls: shapes({ minRank: 1 })
        .chain((shape) => fc.tuple(floats(shape), floats(shape.slice(-1)), floats(shape.slice(-1))))
        .map((args) =>
          call(args, (x: tf.Tensor, scale: tf.Tensor1D, bias: tf.Tensor1D) =>
            layerNorm(x, scale, bias, 1e-2),
          ),
        ),
    },
  ],
  QuickGelu: activation(quickGelu),
  Gelu: activation(gelu),
  GeluTanh: activation(geluTanh),
  Attention: [
    attending('self', { self: true }),
    attending('cross', {}),
    attending('causal', { self: true, causal: true }),
    attending('causal cross', { causal: true }),
  ],
  'Attention with a mask': [
    attending('cross', { mask: true }),
    attending('causal', { self: true, causal: true, mask: true }),
  ],
};
