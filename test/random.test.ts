import { createRandom } from '../src/random.js';

const draws = (count: number, draw: () => number) => Array.from({ length: count }, draw);

test('the seed alone decides the numbers', () => {
  const { uniform } = createRandom(7);
  const { uniform: again } = createRandom('7');
  const { uniform: other } = createRandom(8);
  const first = draws(5, uniform);
  expect(draws(5, again)).toEqual(first);
  expect(draws(5, other)).not.toEqual(first);
});

test('the stream does not change between versions', () => {
  const random = createRandom(1);
  expect(draws(3, () => random.integer(1_000_000))).toEqual([334_697, 839_835, 530_548]);
});

test('forks depend on their keys, not on what was drawn before', () => {
  const random = createRandom(7);
  const before = random.fork('a').uniform();
  draws(10, random.uniform);
  expect(random.fork('a').uniform()).toBe(before);
  expect(random.fork('b').uniform()).not.toBe(before);
  expect(random.fork('a').fork('b').uniform()).not.toBe(random.fork('b').fork('a').uniform());
  expect(random.fork(1).uniform()).toBe(random.fork('1').uniform());
});

test('uniform numbers fill [0, 1) evenly', () => {
  const { uniform } = createRandom(3);
  const bins = new Array<number>(10).fill(0);
  for (const value of draws(100_000, uniform)) bins[Math.floor(value * 10)]++;
  for (const count of bins) expect(Math.abs(count - 10_000)).toBeLessThan(400);
});

test('normal numbers have mean 0, variance 1 and kurtosis 3', () => {
  const { normal } = createRandom(3);
  const values = draws(200_000, normal);
  const moment = (power: number) =>
    values.reduce((sum, value) => sum + value ** power, 0) / values.length;
  expect(moment(1)).toBeCloseTo(0, 1);
  expect(moment(2)).toBeCloseTo(1, 1);
  expect(moment(4)).toBeCloseTo(3, 0);
  expect(values.every(Number.isFinite)).toBe(true);
});

test('shuffling keeps the items, leaves the original alone and reaches every order', () => {
  const random = createRandom(5);
  const items = Object.freeze(['a', 'b', 'c']);
  const orders = new Map<string, number>();
  for (let i = 0; i < 6000; i++) {
    const order = random.shuffle(items).join('');
    orders.set(order, (orders.get(order) ?? 0) + 1);
  }
  expect([...orders.keys()].sort()).toEqual(['abc', 'acb', 'bac', 'bca', 'cab', 'cba']);
  for (const count of orders.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
});

test('picking from nothing is an error', () => {
  expect(() => createRandom(1).pick([])).toThrow('nothing to pick from');
});
