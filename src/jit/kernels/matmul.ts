import { backend_util } from '@tensorflow/tfjs-core';
import { type Graph, microsoftDomain, type Value } from '../graph.js';
import { sizeOf } from '../ndarray.js';
import { quantiseColumns } from '../quantise.js';
import { emitByteProduct } from './byteProduct.js';
import { defineKernel, type KernelCall } from './define.js';

export interface Product {
  a: Value;
  b: Value;
  transposeA: boolean;
  transposeB: boolean;
  /** Added to every row of the product; [columns]. */
  bias?: Value;
}

/** The product of matrices or batches of them; a batch times one matrix becomes one large product. */
export function emitProduct(call: KernelCall, product: Product): Value {
  const { graph } = call;
  const { a, b, transposeA, transposeB, bias } = product;
  const [rows, inner] = matrix(a, transposeA);
  const [innerB, columns] = matrix(b, transposeB);
  if (inner !== innerB) {
    throw new Error(`inner dimensions ${inner} and ${innerB} of the product differ.`);
  }
  const batchA = a.shape.slice(0, -2);
  const batchB = b.shape.slice(0, -2);
  const batch = backend_util.assertAndGetBroadcastShape([...batchA], [...batchB]);
  const shape = [...batch, rows, columns];

  if (sizeOf(batchB) === 1 && (!transposeA || sizeOf(batchA) === 1)) {
    // One right-hand matrix for all: the batch becomes more rows of one large product.
    const flatA = graph.reshape(a, transposeA ? [inner, rows] : [sizeOf(batchA) * rows, inner]);
    const flatB = graph.reshape(b, transposeB ? [columns, inner] : [inner, columns]);
    return graph.reshape(gemm(call, { a: flatA, b: flatB, transposeA, transposeB, bias }), shape);
  }
  const plain = batched(graph, product, shape);
  return bias ? graph.node('Add', [plain, bias], shape, 'float32') : plain;
}

function gemm(call: KernelCall, { a, b, transposeA, transposeB, bias }: Product): Value {
  const { graph } = call;
  const [rows] = matrix(a, transposeA);
  const [, columns] = matrix(b, transposeB);
  if (call.precision === 'int8' && !transposeA) {
    const weight = graph.weightBehind(b);
    if (weight) {
      const quantised = call.made.get(weight, `bytes ${b.shape} ${transposeB}`, () =>
        quantiseColumns(weight.data as Float32Array, b.shape, transposeB),
      );
      return emitByteProduct(graph, { a, weight: quantised, bias, signed: call.signedBytes });
    }
  }
  return graph.node('Gemm', bias ? [a, b, bias] : [a, b], [rows, columns], 'float32', {
    transA: transposeA ? 1 : 0,
    transB: transposeB ? 1 : 0,
  });
}

function batched(graph: Graph, { a, b, transposeA, transposeB }: Product, shape: number[]): Value {
  if (!transposeA && !transposeB) return graph.node('MatMul', [a, b], shape, 'float32');
  if (graph.target === 'cpu' || graph.target === 'cuda') {
    const attributes = { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 };
    return graph.node('FusedMatMul', [a, b], shape, 'float32', attributes, microsoftDomain);
  }
  const [left, right] = [transposeA ? swapLast(graph, a) : a, transposeB ? swapLast(graph, b) : b];
  return graph.node('MatMul', [left, right], shape, 'float32');
}

function swapLast(graph: Graph, x: Value): Value {
  const order = x.shape.map((_, axis) => axis);
  const [row, column] = order.splice(-2);
  return graph.transpose(x, [...order, column, row]);
}

function matrix({ shape }: Value, transposed: boolean): [rows: number, columns: number] {
  const [rows, columns] = shape.slice(-2);
  return transposed ? [columns, rows] : [rows, columns];
}

for (const kernel of ['BatchMatMul', '_FusedMatMul']) {
  defineKernel(kernel, (call) => {
    const { inputs, attributes } = call;
    if (attributes.activation && attributes.activation !== 'linear') {
      throw new Error(`activation ${attributes.activation} is not fused; apply it to the product.`);
    }
    return emitProduct(call, {
      a: inputs.a,
      b: inputs.b,
      bias: inputs.bias,
      transposeA: Boolean(attributes.transposeA),
      transposeB: Boolean(attributes.transposeB),
    });
  });
}
