import fc from 'fast-check';
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from '../../src/jit/halfPrecision.js';

const every16Bits = Uint16Array.from({ length: 65536 }, (_, i) => i);

/** Whether a pattern with this exponent mask is a NaN. */
function isNaNPattern(bits: number, exponent: number): boolean {
  return (bits & 0x7fff) > exponent;
}

test.each([
  ['float16', fromFloat16, toFloat16, 0x7c00],
  ['bfloat16', fromBfloat16, toBfloat16, 0x7f80],
] as const)(
  'every %s pattern survives the way to float32 and back',
  (_, widen, shorten, exponent) => {
    const back = shorten(widen(every16Bits));
    const changed = every16Bits.filter((bits, i) =>
      isNaNPattern(bits, exponent) ? !isNaNPattern(back[i], exponent) : back[i] !== bits,
    );
    expect([...changed]).toEqual([]);
  },
);

test('float16 values are what IEEE 754 says', () => {
  const bits = Uint16Array.of(0x0001, 0x03ff, 0x0400, 0x3c00, 0xc000, 0x7bff, 0x7c00, 0x8000);
  expect([...fromFloat16(bits)]).toEqual([
    2 ** -24,
    1023 * 2 ** -24,
    2 ** -14,
    1,
    -2,
    65504,
    Infinity,
    -0,
  ]);
});

test.each([
  ['float16', fromFloat16, toFloat16, 0x7c00],
  ['bfloat16', fromBfloat16, toBfloat16, 0x7f80],
] as const)('%s rounds to the nearest, ties to even', (_, widen, shorten, infinity) => {
  const finite = fc.nat(infinity - 2);
  fc.assert(
    fc.property(finite, fc.double({ min: 0, max: 1, noNaN: true }), (bits, between) => {
      const [low, high] = widen(Uint16Array.of(bits, bits + 1));
      const value = Math.fround(low + (high - low) * between);
      const [rounded] = shorten(Float32Array.of(value));
      const toLow = value - low;
      const toHigh = high - value;
      const expected = toLow < toHigh ? bits : toLow > toHigh ? bits + 1 : bits + (bits & 1);
      expect(rounded).toBe(expected);
      expect(shorten(Float32Array.of(-value))[0]).toBe(expected | 0x8000);
    }),
    {
      numRuns: 5000,
      examples: [
        [0, 0.5],
        [1, 0.5],
        [0x3ff, 0.5],
      ],
    },
  );
});

test('float16 overflows to infinity from half a step above its largest value', () => {
  expect([...toFloat16(Float32Array.of(65519.99, 65520, 1e30, -1e30))]).toEqual([
    0x7bff, 0x7c00, 0x7c00, 0xfc00,
  ]);
});
