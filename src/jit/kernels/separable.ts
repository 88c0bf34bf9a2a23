import type { Graph, Value } from '../graph.js';

/** A matrix whose rows say how places along one side of a picture are mixed to new ones; row-major. */
export interface SideMatrix {
  to: number;
  from: number;
  values: Float32Array;
}

export function sideMatrix(to: number, from: number): SideMatrix {
  return { to, from, values: new Float32Array(to * from) };
}

export function transposed({ to, from, values }: SideMatrix): SideMatrix {
  const turned = sideMatrix(from, to);
  for (let row = 0; row < to; row++) {
    for (let column = 0; column < from; column++) {
      turned.values[column * to + row] = values[row * from + column];
    }
  }
  return turned;
}

/**
 * A linear map of pictures that treats rows and columns apart, as two products.
 * @param x [batch, rows.from, columns.from, channels]
 * @returns [batch, rows.to, columns.to, channels]
 */
export function separable(graph: Graph, x: Value, rows: SideMatrix, columns: SideMatrix): Value {
  const [batch, , , channels] = x.shape;
  const apply = ({ to, from, values }: SideMatrix, count: number, width: number, value: Value) => {
    const matrix = graph.constant(values, [to, from], 'float32');
    const operand = graph.reshape(value, [count, from, width]);
    return graph.node('MatMul', [matrix, operand], [count, to, width], 'float32');
  };
  const down = apply(rows, batch, columns.from * channels, x);
  const across = apply(columns, batch * rows.to, channels, down);
  return graph.reshape(across, [batch, rows.to, columns.to, channels]);
}
