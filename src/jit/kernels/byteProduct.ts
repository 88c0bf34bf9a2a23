import { type Graph, microsoftDomain, type Value } from '../graph.js';
import type { QuantisedColumns } from '../quantise.js';

export interface ByteProduct {
  /** [rows, inner], float32 */
  a: Value;
  /** [inner, columns] */
  weight: QuantisedColumns;
  /** [columns], added to every row. */
  bias?: Value;
  /**
   * Whether the weights are signed bytes. On x86 processors without VNNI onnxruntime multiplies unsigned by signed
   * bytes with an instruction that adds two products in 16 bits and saturates; unsigned by unsigned is exact
   * everywhere, but slower where VNNI exists. So: only where `signedBytesAreExact` says so, and never in a file,
   * which goes to processors unknown.
   */
  signed: boolean;
}

/** What signed weights are shifted by to become unsigned. */
const shift = 128;

/**
 * Writes a product whose left-hand side is quantised to unsigned bytes while running, with one scale and zero point
 * for all of it (ONNX's DynamicQuantizeLinear). The sums are those of integer arithmetic.
 * @returns float32 [rows, columns]
 */
export function emitByteProduct(graph: Graph, { a, weight, bias, signed }: ByteProduct): Value {
  const [, columns] = weight.shape;
  const shape = [a.shape[0], columns];
  const values = signed
    ? graph.constant(weight.values, weight.shape, 'int8')
    : graph.constant(shifted(weight.values), weight.shape, 'uint8');
  const zero = signed ? undefined : graph.constant([shift], [], 'uint8');
  const scales = graph.constant(weight.scales, [columns], 'float32');
  if (graph.target !== 'portable') {
    const inputs = [a, values, scales, zero, bias];
    return graph.node('DynamicQuantizeMatMul', inputs, shape, 'float32', {}, microsoftDomain);
  }
  const [bytes, scale, bytesZero] = graph.nodeWithOutputs(
    'DynamicQuantizeLinear',
    [a],
    [
      { shape: a.shape, dtype: 'uint8' },
      { shape: [], dtype: 'float32' },
      { shape: [], dtype: 'uint8' },
    ],
  );
  const sums = graph.node('MatMulInteger', [bytes, values, bytesZero, zero], shape, 'int32');
  const step = graph.node('Mul', [scales, scale], scales.shape, 'float32');
  const product = graph.node('Mul', [graph.cast(sums, 'float32'), step], shape, 'float32');
  return bias ? graph.node('Add', [product, bias], shape, 'float32') : product;
}

/** A loop, since `from` with a function takes eight times as long. */
function shifted(values: Int8Array): Uint8Array {
  const bytes = new Uint8Array(values.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = values[i] + shift;
  return bytes;
}
