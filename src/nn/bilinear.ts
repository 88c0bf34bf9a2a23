/**
 * The matrix that resizes a row of `from` values to `to` values bilinearly with half-pixel centres and antialiasing:
 * the triangle is widened when shrinking (PyTorch's `interpolate(mode='bilinear', antialias=True)`).
 * @returns row-major [to, from].
 */
export function bilinearMatrix(from: number, to: number): Float32Array {
  const { abs, floor, max, min } = Math;
  const matrix = new Float32Array(to * from);
  const scale = from / to;
  const support = max(scale, 1);
  for (let row = 0; row < to; row++) {
    const centre = (row + 0.5) * scale;
    const first = max(floor(centre - support + 0.5), 0);
    const end = min(floor(centre + support + 0.5), from);
    const weights = Array.from({ length: end - first }, (_, i) =>
      max(0, 1 - abs(first + i + 0.5 - centre) / support),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    weights.forEach((weight, i) => {
      matrix[row * from + first + i] = weight / sum;
    });
  }
  return matrix;
}
