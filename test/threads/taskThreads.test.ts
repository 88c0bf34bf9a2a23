import { execFileSync } from 'node:child_process';
import { UserError } from '../../src/errors.js';
import { TaskThreads } from '../../src/threads/taskThreads.js';

const script = new URL('./tasks.worker.js', import.meta.url);
const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const threads of opened.splice(0)) await threads.close();
});

function start(count: number) {
  const threads = new TaskThreads<Float32Array, { sum: Float32Array }>(script, { count });
  opened.push(threads);
  return threads;
}

const sumOf = async (result: Promise<{ sum: Float32Array }>) => (await result).sum[0];

test('each task gets its own answer, however many threads there are', async () => {
  for (const count of [1, 3]) {
    const threads = start(count);
    const tasks = Array.from({ length: 10 }, (_, i) =>
      sumOf(threads.run(Float32Array.of(i + 1, 1))),
    );
    expect(await Promise.all(tasks)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  }
});

test('what is transferred is not copied', async () => {
  const numbers = Float32Array.of(1, 2, 3);
  expect(await sumOf(start(1).run(numbers, [numbers.buffer]))).toBe(6);
  expect(numbers).toHaveLength(0);
});

test('a task that fails leaves the others alone; what is meant for people stays so', async () => {
  const threads = start(1);
  const refused = threads.run(Float32Array.of(0));
  const wrong = threads.run(Float32Array.of(-1));
  const good = threads.run(Float32Array.of(5));
  await expect(refused).rejects.toEqual(new UserError('Zero is not welcome.'));
  await expect(refused).rejects.toBeInstanceOf(UserError);
  await expect(wrong).rejects.toThrow(/RangeError: negative\n +at/);
  expect(await sumOf(good)).toBe(5);
});

test('a thread that dies fails its tasks, and another takes its place', async () => {
  const threads = start(1);
  const deadly = threads.run(Float32Array.of(99));
  const behind = threads.run(Float32Array.of(1));
  await expect(deadly).rejects.toThrow(/ended before/);
  await expect(behind).rejects.toThrow(/ended before/);
  expect(await sumOf(threads.run(Float32Array.of(1)))).toBe(1);
});

test('closing fails what is under way and what comes later', async () => {
  const threads = start(2);
  const pending = threads.run(Float32Array.of(1));
  const failure = expect(pending).rejects.toThrow(/ended before/);
  await threads.close();
  await failure;
  await expect(threads.run(Float32Array.of(1))).rejects.toThrow(/ended before/);
});

test('the process stays until threads are closed, also when answers come meanwhile', () => {
  const { href } = new URL('../../src/threads/taskThreads.js', import.meta.url);
  const program = `
    (async () => {
      const { TaskThreads } = await import(${JSON.stringify(href)});
      const threads = new TaskThreads(new URL(${JSON.stringify(script.href)}), { count: 1 });
      await threads.run(Float32Array.of(1));
      const answer = threads.run(Float32Array.of(98));
      for (const start = performance.now(); performance.now() < start + 100; );
      await threads.close();
      await answer;
      console.log('closed');
    })();`;
  expect(execFileSync(process.execPath, ['-e', program], { encoding: 'utf8' })).toBe('closed\n');
});
