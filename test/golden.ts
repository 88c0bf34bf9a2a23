import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { openSafetensors } from '../src/checkpoints/safetensors.js';
import { packageRoot } from '../src/files/packageRoot.js';
import type { NdArray } from '../src/jit/ndarray.js';

/** The folder with the reference's numbers. */
export const goldenFolder =
  process.env.FGDET_GOLDEN ?? join(packageRoot, 'test', 'fixtures', 'golden');

export function goldenFile(...path: string[]): string {
  const file = join(goldenFolder, ...path);
  if (!existsSync(file)) throw new Error(`The golden file ${file} is missing; check FGDET_GOLDEN.`);
  return file;
}

/** A JSON file, compressed where its name ends in ".gz". */
export function goldenJson<T>(...path: string[]): T {
  const file = goldenFile(...path);
  const bytes = readFileSync(file);
  return JSON.parse((file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()) as T;
}

/** The tensors of a golden file, with an error for a name that it does not have. */
export function goldenTensors(...path: string[]): (name: string) => NdArray {
  const file = goldenFile(...path);
  const tensors = openSafetensors(file);
  return (name) => {
    const tensor = tensors.get(name);
    if (!tensor) throw new Error(`${file} has no tensor "${name}".`);
    return tensor;
  };
}

/**
 * Fails when a measured error is above what is allowed. With FGDET_PARITY_REPORT=<file> each error is also
 * appended there as a JSON line: docs/parity.md is made from them.
 */
export function expectWithin(
  golden: string,
  what: string,
  measured: number,
  allowed: number,
): void {
  const report = process.env.FGDET_PARITY_REPORT;
  if (report) appendFileSync(report, `${JSON.stringify({ golden, what, measured, allowed })}\n`);
  expect({ what, ok: measured <= allowed, measured, allowed }).toMatchObject({ what, ok: true });
}

/** Largest absolute difference of two arrays; the shapes must agree. */
export function largestDifference(actual: NdArray, expected: NdArray): number {
  expect([...actual.shape]).toEqual([...expected.shape]);
  return largestDifferenceOfLists(actual.data, expected.data);
}

/** Largest absolute difference of two lists of one length; NaN where either is. */
export function largestDifferenceOfLists(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
): number {
  expect(actual.length).toBe(expected.length);
  let largest = 0;
  for (let i = 0; i < actual.length; i++) {
    const difference = Math.abs(actual[i] - expected[i]);
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}

export function largestMagnitude(array: NdArray): number {
  const { abs, max } = Math;
  return Array.from(array.data).reduce((largest, value) => max(largest, abs(value)), 0);
}

/** √(Σ (a − b)²) */
export function distance(actual: NdArray, expected: NdArray): number {
  expect([...actual.shape]).toEqual([...expected.shape]);
  const [{ data }, { data: other }] = [actual, expected];
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += (data[i] - other[i]) ** 2;
  return Math.sqrt(sum);
}

/** √(Σ a²) */
export function norm({ data }: NdArray): number {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i] ** 2;
  return Math.sqrt(sum);
}
