import { benchPrompts } from '../../bench/detection/benchDetector.js';
import type { DetectionResult } from '../../bench/detection/results.js';
import { StageClock } from '../../bench/detection/stageClock.js';
import { detectionTables } from '../../bench/detection/table.js';

test('a clock adds up what stages take, failures included', async () => {
  const clock = new StageClock();
  const wait = (milliseconds: number) =>
    new Promise<number>((resolve) => setTimeout(resolve, milliseconds, milliseconds));
  const model = {
    factor: 2,
    async view(milliseconds: number) {
      return this.factor * (await wait(milliseconds));
    },
  };
  clock.watch(model, 'view', 'view');
  expect(await model.view(20)).toBe(40);
  expect(await clock.time('outside', () => model.view(20))).toBe(40);
  expect(clock.of('view')).toBeGreaterThan(35);
  expect(clock.of('outside')).toBeLessThan(clock.of('view'));
  await expect(clock.time('bad', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(clock.of('bad')).toBeGreaterThan(0);
  clock.reset();
  expect(clock.of('view')).toBe(0);
});

test('prompts differ, and one in ten has a colour', () => {
  const prompts = benchPrompts(100);
  expect(new Set(prompts).size).toBe(100);
  expect(prompts.filter((prompt) => prompt.startsWith('red '))).toHaveLength(10);
});

test('the tables show shares of the whole', () => {
  const milliseconds = {
    ...{ decode: 50, resize: 150, encode: 600, propose: 150 },
    ...{ classify: 40, 'post-process': 10 },
  };
  const result: DetectionResult = {
    stages: [{ side: 640, milliseconds, regions: 200, found: 7 }],
    folders: [{ name: 'detectEach', wall: 800, model: 720 }],
    prompts: [
      { count: 80, encode: 990, detect: 10, found: 7 },
      { count: 1203, encode: 990, detect: 60, found: 90 },
    ],
    peakBytes: 2e9,
  };
  const lines = detectionTables(result).split('\n');
  expect(lines).toContain(
    '| 640 pixels | 1.00 | 50 (5.0 %) | 150 (15.0 %) | 600 (60.0 %) | 150 (15.0 %) | 40 (4.0 %) | 10 (1.0 %) | 200 | 7 |',
  );
  expect(lines).toContain('| detectEach | 1.25 | 800 | 720 | 90.0 % |');
  expect(lines).toContain('| 1,203 | 1050 | 60.0 | 5.0 % | 90 |');
  expect(lines.at(-1)).toBe('Peak of memory: 2.00 GB.');
});
