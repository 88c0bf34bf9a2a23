/**
 * The matrix that resizes a row of `from` values to `to` values by cubic convolution with a = −0.75,
 * half-pixel centres, clamped borders and no antialiasing (PyTorch's `interpolate(mode='bicubic')`).
 * @returns row-major [to, from].
 */
export function bicubicMatrix(from: number, to: number): Float32Array {
  const matrix = new Float32Array(to * from);
  for (let row = 0; row < to; row++) {
    const centre = ((row + 0.5) * from) / to - 0.5;
    const first = Math.floor(centre) - 1;
    for (let tap = 0; tap < 4; tap++) {
      const column = Math.min(Math.max(first + tap, 0), from - 1);
      matrix[row * from + column] += cubic(centre - (first + tap));
    }
  }
  return matrix;
}

function cubic(distance: number): number {
  const a = -0.75;
  const x = Math.abs(distance);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return ((x - 5) * x + 8) * x * a - 4 * a;
  return 0;
}
