/** Vectors, one after the other, scaled to length one in double precision; a zero vector stays zero. */
export function unitVectors(values: ArrayLike<number>, dimension: number): Float32Array {
  const unit = new Float32Array(values.length);
  for (let start = 0; start < values.length; start += dimension) {
    let square = 0;
    for (let i = start; i < start + dimension; i++) square += values[i] * values[i];
    const scale = square > 0 ? 1 / Math.sqrt(square) : 0;
    for (let i = start; i < start + dimension; i++) unit[i] = values[i] * scale;
  }
  return unit;
}
