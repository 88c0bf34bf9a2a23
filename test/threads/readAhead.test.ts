import { readAhead } from '../../src/threads/readAhead.js';

const settle = () => new Promise((resolve) => setImmediate(resolve));

test('all in order, and no more of them ahead than allowed', async () => {
  const started: number[] = [];
  const read = async (source: number) => {
    started.push(source);
    return 10 * source;
  };
  const seen: number[] = [];
  for await (const { source, result } of readAhead([1, 2, 3, 4, 5], read, 2)) {
    await settle();
    expect(started.length).toBe(Math.min(5, source + 2));
    seen.push(await result);
  }
  expect(seen).toEqual([10, 20, 30, 40, 50]);
});

test('a source that is there does not wait for the next one', async () => {
  let release = () => {};
  async function* slow() {
    yield 1;
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    yield 2;
  }
  const readings = readAhead(slow(), async (source) => source, 3);
  expect((await readings.next()).value?.source).toBe(1);
  release();
  expect((await readings.next()).value?.source).toBe(2);
  expect((await readings.next()).done).toBe(true);
});

test('a reading fails in its turn, and the others do not', async () => {
  const read = async (source: number) => {
    if (source === 2) throw new Error('bad');
    return source;
  };
  const outcomes: unknown[] = [];
  for await (const { result } of readAhead([1, 2, 3], read, 2)) {
    await settle();
    outcomes.push(await result.catch((error: Error) => error.message));
  }
  expect(outcomes).toEqual([1, 'bad', 3]);
});

test('sources that fail end it, in their turn', async () => {
  function* failing() {
    yield 1;
    throw new Error('no more');
  }
  const readings = readAhead(failing(), async (source) => source, 3);
  expect((await readings.next()).value?.source).toBe(1);
  await settle();
  await expect(readings.next()).rejects.toThrow('no more');
});

test('stopping early closes the sources', async () => {
  let closed = false;
  function* endless() {
    try {
      for (let i = 0; ; i++) yield i;
    } finally {
      closed = true;
    }
  }
  for await (const { source } of readAhead(endless(), async (i) => i, 2)) {
    if (source === 3) break;
  }
  expect(closed).toBe(true);
});
