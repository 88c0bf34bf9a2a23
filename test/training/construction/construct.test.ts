import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { parseFineHard } from '../../../datasets/finehard.js';
import {
  type ConstructOptions,
  construct,
  type Estimate,
} from '../../../training/construction/construct.js';
import { type DraftSource, openDrafts } from '../../../training/construction/drafts.js';
import {
  type ConstructionStep,
  Rejected,
  Unanswered,
} from '../../../training/construction/step.js';
import { writeTar } from '../../datasets/records/writeShards.js';

let folder: string;
let output: string;
let runs = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fgdet-construct-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  output = join(folder, `run-${runs++}`);
});

const count = 30;

/** Records 0 to 29, whose short caption is their number. */
function source(): DraftSource {
  return {
    count,
    identity: 'numbers',
    async read(i) {
      const record = { f_path: `${i}.jpg`, caption: '', short_caption: String(i), bbox_info: [] };
      const picture = () => Promise.reject(new Error('not asked for'));
      return { where: `record ${i}`, record, picture, pictureInside: false };
    },
    close() {},
  };
}

/** Writes captions, in another order than it is asked to; `fail` may throw instead. */
function captioning(fail: (i: number) => void = () => {}): ConstructionStep & { done: number[] } {
  const done: number[] = [];
  return {
    ...{ name: 'captions', identity: 1, concurrency: 4, done },
    async run({ record }, counts) {
      const i = Number(record.short_caption);
      await new Promise((resolve) => setTimeout(resolve, (i * 7) % 5));
      fail(i);
      done.push(i);
      counts.words = (counts.words ?? 0) + 2;
      return { ...record, caption: `picture ${i}` };
    },
  };
}

const run = (step: ConstructionStep, options: Partial<ConstructOptions> = {}) =>
  construct(step, source(), { output, ...options });
const written = () => readFileSync(join(output, 'finehard.json'), 'utf8');
const captions = () => JSON.parse(written()).map(({ caption }: { caption: string }) => caption);
const allCaptions = Array.from({ length: count }, (_, i) => `picture ${i}`);

describe('construction', () => {
  test('writes all records in their order, and a report', async () => {
    const report = await run(captioning());
    expect(report).toMatchObject({
      records: count,
      kept: count,
      counts: { words: 60 },
      failed: {},
    });
    expect(captions()).toEqual(allCaptions);
    expect(JSON.parse(readFileSync(join(output, 'report.json'), 'utf8'))).toEqual(report);
    for (const record of JSON.parse(written())) parseFineHard(record, 'it');
  });

  test('leaves Chinese records as they are', async () => {
    const records = join(folder, 'mixed.json');
    const listed = [
      { f_path: 'a.jpg', caption: '', short_caption: '1' },
      { f_path: 'b.jpg', caption: '一只猫在树下', short_caption: '一只猫', is_cn: 1 },
    ];
    writeFileSync(records, JSON.stringify(listed));
    const drafts = await openDrafts({ records: [records] });
    await construct(captioning(), drafts, { output });
    expect(JSON.parse(written())).toEqual([
      { ...listed[0], caption: 'picture 1', bbox_info: [] },
      { ...listed[1], bbox_info: [] },
    ]);
  });

  test('that is stopped goes on, and does nothing twice', async () => {
    const whole = await run(captioning()).then(written);
    output += '-stopped';
    for (const last of [3, 11, 20]) {
      const stop = new AbortController();
      const step = captioning((i) => i === last && stop.abort());
      await expect(run(step, { signal: stop.signal })).rejects.toThrow(/abort/i);
    }
    // As a process leaves it that is killed while it writes.
    appendFileSync(join(output, 'captions-1-of-1.jsonl'), '[29, {"f_pa');
    const rest = captioning();
    await run(rest);
    expect(written()).toBe(whole);
    expect(rest.done.length).toBeLessThan(12);
  });

  test('leaves out what nothing can be made of, and says why', async () => {
    const problems: string[] = [];
    const step = captioning((i) => {
      if (i % 10 === 3) throw new Rejected('too dark');
    });
    const report = await run(step, { onProblem: (problem) => problems.push(problem) });
    expect(report).toMatchObject({ kept: 27, failed: { 'too dark': 3 } });
    expect(problems.sort()[0]).toBe('record 13: too dark');
    expect(captions()).toEqual(allCaptions.filter((_, i) => i % 10 !== 3));
    const again = captioning();
    await run(again);
    expect(again.done).toEqual([]);
  });

  test('tries again what had no answer', async () => {
    const busy = captioning((i) => {
      if (i % 10 === 4) throw new Unanswered('busy');
    });
    const report = await run(busy);
    expect(report).toMatchObject({ kept: 27, unanswered: { busy: 3 } });
    expect(report.file).toBeUndefined();
    expect(existsSync(join(output, 'finehard.json'))).toBe(false);
    const again = captioning();
    await run(again);
    expect(again.done.sort()).toEqual([14, 24, 4]);
    expect(captions()).toEqual(allCaptions);
  });

  test('ends when a server answers nothing any more, or nothing of use', async () => {
    const dead = captioning((i) => {
      if (i >= 8) throw new Unanswered('it does not answer');
    });
    await expect(run(dead)).rejects.toThrow(/does not answer, 10 times in a row.*goes on/);
    output += '-useless';
    const useless = captioning(() => {
      throw new Rejected('no JSON');
    });
    await expect(run(useless)).rejects.toThrow(/Nothing can be made of 20.*no JSON/);
  });

  test('estimates from the first records what all will take', async () => {
    const estimates: Estimate[] = [];
    const options = { onEstimate: (found: Estimate) => void estimates.push(found) };
    const step = captioning();
    const report = await run(step, { ...options, estimateOnly: true });
    expect(estimates).toMatchObject([{ done: 4, left: 26, counts: { words: 60 } }]);
    expect(report).toMatchObject({ kept: 4 });
    expect(step.done.sort()).toEqual([0, 1, 2, 3]);
  });

  test('is shared by several processes', async () => {
    const steps = [0, 1, 2].map(() => captioning());
    for (const [index, step] of steps.entries()) await run(step, { shard: { index, count: 3 } });
    expect(steps.map(({ done }) => done.length)).toEqual([10, 10, 10]);
    await run(captioning());
    expect(captions()).toEqual(allCaptions);
  });

  test('refuses a folder of another run', async () => {
    await run(captioning());
    await expect(run({ ...captioning(), identity: 2 })).rejects.toThrow(/captions-1-of-1\.jsonl/);
  });
});

describe('drafts', () => {
  test('are the pictures of a folder', async () => {
    const images = join(folder, 'pictures');
    mkdirSync(join(images, 'more'), { recursive: true });
    const file = await sharp({
      create: { width: 4, height: 3, channels: 3, background: 'red' },
    })
      .png()
      .toBuffer();
    for (const name of ['b.png', 'a.png', 'more/c.png']) writeFileSync(join(images, name), file);
    const drafts = await openDrafts({ images });
    const found = [0, 1, 2].map((i) => drafts.read(i));
    const paths = (await Promise.all(found)).map(({ record }) => record.f_path);
    expect(paths.sort()).toEqual(['a.png', 'b.png', 'more/c.png']);
    expect(Buffer.from(await (await found[0]).picture()).equals(file)).toBe(true);
  });

  test('of shards bring their pictures along', async () => {
    const file = await sharp({ create: { width: 4, height: 3, channels: 3, background: 'blue' } })
      .jpeg()
      .toBuffer();
    const shard = join(folder, 'shard.tar');
    await writeTar(shard, [
      { name: '0.json', content: Buffer.from('{"caption": "a blue picture"}') },
      { name: '0.jpg', content: file },
    ]);
    const drafts = await openDrafts({ records: [shard] });
    const step: ConstructionStep = {
      ...{ name: 'nothing', identity: 0, concurrency: 1 },
      run: async ({ record }) => record,
    };
    await construct(step, drafts, { output });
    const [record] = JSON.parse(written());
    expect(record).toEqual({
      ...{ f_path: '000000000.jpg', caption: 'a blue picture', short_caption: '', bbox_info: [] },
    });
    expect(readFileSync(join(output, 'images', record.f_path)).equals(file)).toBe(true);
  });
});
