import fc from 'fast-check';
import { type DType, type NdArray, ndarray, sizeOf } from '../../../src/jit/ndarray.js';

type Shape = readonly number[];

const side = fc.oneof(fc.constant(1), fc.integer({ min: 2, max: 4 }));

/** Shapes of small arrays, scalars and dimensions of size one included. */
export function shapes({ minRank = 0, maxRank = 4 } = {}): fc.Arbitrary<Shape> {
  return fc.array(side, { minLength: minRank, maxLength: maxRank });
}

/** Shapes that broadcast to one: leading dimensions left out, others replaced by one. */
export function broadcastShapes(count: number): fc.Arbitrary<Shape[]> {
  return shapes().chain((shape) =>
    fc.tuple(
      ...Array.from({ length: count }, () =>
        fc
          .tuple(
            fc.nat(shape.length),
            fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }),
          )
          .map(([dropped, single]) =>
            shape.map((size, axis) => (single[axis] ? 1 : size)).slice(dropped),
          ),
      ),
    ),
  );
}

/** Multiples of an eighth in [−3, 3], so that zeros, halves and ties occur. */
export const anyNumber = fc.integer({ min: -24, max: 24 }).map((eighths) => eighths / 8);
export const positiveNumber = fc.integer({ min: 1, max: 24 }).map((eighths) => eighths / 8);
export const nonZeroNumber = fc
  .tuple(positiveNumber, fc.boolean())
  .map(([size, negative]) => (negative ? -size : size));
export const anyInteger = fc.integer({ min: -7, max: 7 });
export const positiveInteger = fc.integer({ min: 1, max: 7 });
export const nonZeroInteger = anyInteger.map((number) => number || 1);

function values(element: fc.Arbitrary<number>, shape: Shape): fc.Arbitrary<number[]> {
  const length = sizeOf(shape);
  return fc.array(element, { minLength: length, maxLength: length });
}

export function floats(shape: Shape, element = anyNumber): fc.Arbitrary<NdArray> {
  return values(element, shape).map((numbers) => ndarray(Float32Array.from(numbers), shape));
}

export function integers(shape: Shape, element = anyInteger): fc.Arbitrary<NdArray> {
  return values(element, shape).map((numbers) => ndarray(Int32Array.from(numbers), shape));
}

export function booleans(shape: Shape): fc.Arbitrary<NdArray> {
  return values(fc.nat(1), shape).map((bits) => ndarray(Uint8Array.from(bits), shape));
}

export function arrays(shape: Shape, dtype: DType): fc.Arbitrary<NdArray> {
  return {
    float32: () => floats(shape),
    int32: () => integers(shape),
    bool: () => booleans(shape),
  }[dtype]();
}

/** Different numbers in random order: for operators whose gradient depends on which of two equals came first. */
export function distinctFloats(shape: Shape): fc.Arbitrary<NdArray> {
  const length = sizeOf(shape);
  return fc
    .shuffledSubarray([...Array(length).keys()], { minLength: length, maxLength: length })
    .map((order) =>
      ndarray(
        Float32Array.from(order, (place) => place / 4 - length / 8),
        shape,
      ),
    );
}

/** An axis, counted from either end. */
export function axisOf(shape: Shape): fc.Arbitrary<number> {
  return fc.integer({ min: -shape.length, max: shape.length - 1 });
}

/** Some axes, counted from either end, or undefined for all. */
export function axesOf(shape: Shape): fc.Arbitrary<number[] | undefined> {
  const rank = shape.length;
  if (rank === 0) return fc.constant(undefined);
  const some = fc
    .tuple(
      fc.shuffledSubarray([...Array(rank).keys()], { minLength: 1 }),
      fc.array(fc.boolean(), { minLength: rank, maxLength: rank }),
    )
    .map(([axes, fromEnd]) => axes.map((axis) => (fromEnd[axis] ? axis - rank : axis)));
  return fc.option(some, { nil: undefined });
}
