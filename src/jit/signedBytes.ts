import { encodeGraph } from './encodedGraph.js';
import { Graph } from './graph.js';
import { emitByteProduct } from './kernels/byteProduct.js';
import { ndarray } from './ndarray.js';
import { Session } from './session.js';

let answer: Promise<boolean> | undefined;

/**
 * Whether onnxruntime's products of unsigned with signed bytes equal integer arithmetic on this processor, with one
 * scale for all rows: found by computing one, the first time.
 */
export function signedBytesAreExact(): Promise<boolean> {
  answer ??= multiplyLargest();
  return answer;
}

const [inner, columns] = [64, 32];

/** Single rows and several have kernels of their own. */
const rowCounts = [1, 17];

/** Multiplies the largest bytes there are. */
async function multiplyLargest(): Promise<boolean> {
  const graph = new Graph('cpu');
  const sign = (place: number) => (place % 2 === 0 ? 1 : -1);
  const weight = {
    values: Int8Array.from({ length: inner * columns }, (_, i) => 127 * sign(i % columns)),
    scales: new Float32Array(columns).fill(1),
    shape: [inner, columns] as [number, number],
  };
  graph.outputs = rowCounts.map((rows) => {
    const a = graph.input(String(rows), [rows, inner], 'float32');
    return emitByteProduct(graph, { a, weight, signed: true });
  });
  const session = await Session.load(encodeGraph(graph, 'cpu'), {
    device: 'cpu',
    onDevice: [],
    prepack: false,
  });
  try {
    // With one scale for all rows, 100.25 becomes 100; with a scale for each it would stay.
    const value = (row: number) => (row === 0 ? 255 : 100.25);
    const rows = (count: number) =>
      Float32Array.from({ length: count * inner }, (_, i) => value(Math.floor(i / inner)));
    const products = await session.run(
      new Map(rowCounts.map((count) => [String(count), ndarray(rows(count), [count, inner])])),
    );
    return products.every(({ data }) =>
      data.every((product, i) => {
        const [row, column] = [Math.floor(i / columns), i % columns];
        return product === Math.floor(value(row)) * 127 * inner * sign(column);
      }),
    );
  } finally {
    await session.dispose();
  }
}
