import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { readFineHard, type StoredBox, type StoredRecord } from '../../../datasets/finehard.js';
import { generateScenes } from '../../../datasets/scenes/generate.js';
import type { Detector } from '../../../detectors/detector.js';
import { loadDetector } from '../../../detectors/loadDetector.js';
import { packageRoot } from '../../../src/files/packageRoot.js';
import { boxIou } from '../../../src/geometry/boxes.js';
import { readAttributeLexicon } from '../../../training/construction/attributeLexicon.js';
import { type CaptionConfig, captionStep } from '../../../training/construction/captions.js';
import { endpointSchema } from '../../../training/construction/chatEndpoint.js';
import type { Draft } from '../../../training/construction/drafts.js';
import { negativeStep } from '../../../training/construction/negatives.js';
import { readNotThings, regionStep } from '../../../training/construction/regions.js';
import type { Counts } from '../../../training/construction/step.js';
import { type Answer, FakeServer } from './fakeServer.js';

let server: FakeServer | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

const picture = sharp({ create: { width: 300, height: 60, channels: 3, background: 'teal' } })
  .png()
  .toBuffer();

function draft(record: Partial<StoredRecord> = {}): Draft {
  return {
    where: 'a.png',
    record: { f_path: 'a.png', caption: '', short_caption: '', bbox_info: [], ...record },
    picture: () => picture,
    pictureInside: false,
  };
}

async function endpointThat(answer: (text: string, n: number) => Answer) {
  server = new FakeServer(({ text }, n) => answer(text, n));
  return endpointSchema.parse({ url: await server.start(), model: 'm', retries: 0 });
}

describe('captions', () => {
  const long =
    'A small red cat sits on a wooden table beside a window. Behind it stands a blue vase.';
  const short = 'a red cat on a table';
  const good = JSON.stringify({ long, short });

  async function caption(answers: Answer[], given?: Draft) {
    const endpoint = await endpointThat((_, n) => answers[Math.min(n, answers.length - 1)]);
    const config: CaptionConfig = {
      ...{ endpoint, prompt: 'Describe it.', imageSize: 100, attempts: 3 },
      ...{ longWords: [10, 60], shortWords: [3, 10] },
    };
    const counts: Counts = {};
    const record = await captionStep(config).run(given ?? draft(), counts);
    return { record, counts };
  }

  test('are written from the picture, made as small as asked', async () => {
    const { record, counts } = await caption([good]);
    expect(record).toMatchObject({ caption: long, short_caption: short });
    expect(counts).toMatchObject({ requests: 1, 'words of long captions': 18 });
    const [{ text, picture: sent }] = server!.asked;
    expect(text).toBe('Describe it.');
    const bytes = Buffer.from(sent!.split(',')[1], 'base64');
    expect(await sharp(bytes).metadata()).toMatchObject({ format: 'jpeg', width: 100, height: 20 });
  });

  test.each([
    ['is not JSON', 'Here you are!', 'the answer is no JSON'],
    ['is cut off', good.slice(0, 60), 'the answer is no JSON'],
    ['lacks a caption', JSON.stringify({ long }), 'the answer lacks "long" or "short"'],
    ['is too short', JSON.stringify({ long: 'A cat.', short }), 'the long caption is too short'],
    ['breaks off', JSON.stringify({ long: `${long} And a`, short }), 'the long caption breaks off'],
    [
      'loops',
      JSON.stringify({ long: `${long} ${long}`, short }),
      'the long caption repeats itself',
    ],
    [
      'speaks of the model',
      JSON.stringify({ long: `As an AI, I think: ${long}`, short }),
      'the long caption speaks of the model',
    ],
  ])('are asked for again when the answer %s', async (_, bad, reason) => {
    const { record, counts } = await caption([bad, bad, `Sure!\n\`\`\`json\n${good}\n\`\`\``]);
    expect(record.caption).toBe(long);
    expect(counts).toMatchObject({ requests: 3, [`refused: ${reason}`]: 2 });
    await server?.stop();
    await expect(caption([bad])).rejects.toThrow(reason);
  });

  test('that are there are kept', async () => {
    const both = draft({ caption: 'kept', short_caption: 'kept too' });
    expect((await caption([good], both)).record).toEqual(both.record);
    expect(server?.asked).toEqual([]);
    await server?.stop();
    const one = draft({ short_caption: 'kept' });
    expect((await caption([good], one)).record).toMatchObject({
      ...{ caption: long, short_caption: 'kept' },
    });
  });
});

describe('negatives', () => {
  const box = (short_expr: string): StoredBox => ({
    ...{ bbox: [0, 0, 1, 1, 0.9], short_expr, long_expr: short_expr },
    ...{ short_expr_negs: {}, flag_short_neg: 0 },
  });
  const colours = 'blue green yellow purple black white brown grey orange beige pink'.split(' ');
  const lexicon = readAttributeLexicon();

  test('by the lexicon', async () => {
    const kept = {
      ...box('a red cat'),
      short_expr_negs: { 0: 'a cat' },
      flag_short_neg: 1 as const,
    };
    const given = draft({ bbox_info: [box('a small red cat'), box('a cat'), kept] });
    const counts: Counts = {};
    const { bbox_info } = await negativeStep(lexicon, { seed: 1 }).run(given, counts);
    const [first, second, third] = bbox_info;
    expect(first.flag_short_neg).toBe(1);
    expect(new Set(Object.values(first.short_expr_negs)).size).toBe(10);
    expect(second).toEqual(box('a cat'));
    expect(third).toEqual(kept);
    expect(counts).toMatchObject({
      ...{ descriptions: 2, 'descriptions with negatives': 1 },
      'descriptions with too few rewrites': 1,
    });
  });

  test('by a language model, which is asked again for those that fail the checks', async () => {
    const endpoint = await endpointThat((_, n) => {
      if (n === 0) return 'I would rather not.';
      const texts = colours.map((colour) => `a ${colour} cat`);
      return JSON.stringify(n === 1 ? [...texts.slice(0, 6), 'a crimson cat', 'a red dog'] : texts);
    });
    const prompt = 'Rewrite "{text}" {count} times.';
    const step = negativeStep(lexicon, { config: { endpoint, prompt, attempts: 3 }, seed: 1 });
    const counts: Counts = {};
    const { bbox_info } = await step.run(draft({ bbox_info: [box('a red cat')] }), counts);
    expect(bbox_info[0].flag_short_neg).toBe(1);
    expect(Object.values(bbox_info[0].short_expr_negs)).toEqual(
      // "a orange cat" lacks its "an", and what is there already counts once.
      colours.filter((colour) => colour !== 'orange').map((colour) => `a ${colour} cat`),
    );
    expect(server?.asked.map(({ text }) => text.split('\n')[0])).toEqual([
      ...Array(2).fill('Rewrite "a red cat" 10 times.'),
      'Rewrite "a red cat" 4 times.',
    ]);
    expect(counts).toMatchObject({
      'refused: the answer is no JSON': 1,
      'refused: a synonym of the original': 1,
      'refused: the thing has another name': 1,
    });
  });
});

describe('regions', () => {
  let folder: string;
  let detector: Detector;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fgdet-regions-'));
    await generateScenes({
      ...{ count: 12, output: folder, seed: 4, workers: 1 },
      ...{ size: [128, 128], objects: [2, 5], objectSize: [0.25, 0.5] },
    });
    detector = await loadDetector(join(packageRoot, 'models/scenes'));
  });
  afterAll(async () => {
    await detector.dispose();
    rmSync(folder, { recursive: true });
  });

  test('are the boxes of things that captions name', async () => {
    const options = { confidence: 0.4, overlap: 0.5, notThings: readNotThings(), identity: 0 };
    const step = regionStep(detector, options);
    const counts: Counts = {};
    let right = 0;
    for await (const record of readFineHard(join(folder, 'finehard.json'))) {
      const { image, longCaption: caption, shortCaption: short_caption, boxes } = record;
      const given = draft({ f_path: image, caption, short_caption });
      given.picture = async () => readFileSync(join(folder, image));
      const { bbox_info } = await step.run(given, counts);
      for (const { bbox, short_expr, long_expr } of bbox_info) {
        const [xmin, ymin, xmax, ymax, score] = bbox;
        expect(score).toBeGreaterThanOrEqual(0.4);
        expect(long_expr.startsWith(short_expr)).toBe(true);
        const noun = short_expr.split(' ').at(-1)!;
        const fits = boxes.some(
          ({ box, longText }) =>
            longText.includes(noun) && boxIou(box, [xmin, ymin, xmax, ymax]) > 0.5,
        );
        if (fits) right++;
      }
    }
    expect(counts.boxes).toBeGreaterThan(15);
    expect(right / counts.boxes!).toBeGreaterThan(0.7);
  });
});
