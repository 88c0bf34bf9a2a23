import { parseFineHard } from '../../datasets/finehard.js';
import { parseFgClipConfig } from '../../src/fgclip/config.js';
import { lengthBucket } from '../../src/fgclip/lengthBucket.js';
import type { FgClipBatch } from '../../src/fgclip/objective.js';
import { clipNormalisation } from '../../src/images/preprocess.js';
import type { Arrays } from '../../src/jit/jit.js';
import { createRandom } from '../../src/random.js';
import { parseTrainingConfig } from '../../training/config.js';
import { squareForm, type Tokenize } from '../../training/forms/squares.js';
import { packBatch } from '../../training/packing.js';
import { wrapped } from '../../training/plainArrays.js';
import { drawSample } from '../../training/sample.js';
import { modelJson, tinyRecord } from './tinyRun.js';

test('lengths fall into few buckets', () => {
  const shorts = new Set(Array.from({ length: 77 }, (_, i) => lengthBucket(i + 1, 77)));
  const longs = new Set(Array.from({ length: 248 }, (_, i) => lengthBucket(i + 1, 248)));
  expect([...shorts]).toEqual([4, 8, 12, 16, 20, 24, 28, 32, 40, 48, 64, 77]);
  expect(longs.size).toBeLessThanOrEqual(18);
  expect(lengthBucket(300, 248)).toBe(248);
});

describe('packBatch', () => {
  const config = parseTrainingConfig(
    {
      ...{ stage: 2, model: { initial: 'x' }, data: [{ records: 'r', images: 'i' }], batch: 3 },
      ...{ regionsPerImage: 3, hardPerImage: 2 },
    },
    'test.json',
  );
  // Stands for each text: begin 1000, a character code each, end 1001.
  const tokenize: Tokenize = {
    encode: (text, limit) => [
      1000,
      ...[...text].map((c) => c.charCodeAt(0)).slice(0, limit - 2),
      1001,
    ],
    padId: 1001,
    eosId: 1001,
  };
  const records = [0, 1, 0].map((i) => parseFineHard(tinyRecord(i), 'here'));
  records[1].boxes = [];
  const samples = records.map((record, i) => drawSample(record, config, createRandom(i)));
  const lengths = { max_position_embeddings: 77, longtext_len: 248 };
  const text_config = { ...modelJson.text_config, ...lengths };
  const model = parseFgClipConfig({ ...modelJson, text_config }, 'config.json');
  const form = squareForm(model, tokenize, clipNormalisation);
  const pack = (changes: object = {}, shown = samples) =>
    wrapped(
      packBatch(shown, { ...config, ...changes }, form, form.pictures(shown.length)),
    ) as Arrays<FgClipBatch>;
  const batch = pack();
  const { shortIds, shortPacking, shortEnd } = batch;
  const textAt = (text: number) => {
    const begin = shortPacking!.segments.data.indexOf(text);
    return String.fromCharCode(...shortIds.data.subarray(begin + 1, shortEnd.data[text]));
  };

  test('every slot points to its text, and texts that are the same occur once', () => {
    expect([...batch.captionText.data].map(textAt)).toEqual(samples.map((s) => s.shortCaption));
    expect(batch.captionText.data[0]).toBe(batch.captionText.data[2]);
    const { valid, text, image } = batch.regions!;
    expect([...valid.data]).toEqual([1, 1, 0, 0, 0, 0, 1, 1, 0]);
    expect([...image.data]).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2]);
    expect([0, 1].map((slot) => textAt(text.data[slot]))).toEqual(
      samples[0].regions.map((region) => region.text),
    );
    const hard = batch.hard!;
    expect([...hard.valid.data]).toEqual([1, 0, 0, 0, 1, 0]);
    expect(hard.texts.shape).toEqual([6, 11]);
    const expected = samples[2].regions.find((region) => region.hardTexts)!.hardTexts;
    expect([...hard.texts.data.subarray(44, 55)].map(textAt)).toEqual(expected);
  });

  test('every end is the end of a text, also those beyond the texts there are', () => {
    expect(shortIds.shape).toEqual([expect.any(Number), 77]);
    // One for each caption, region and hard text that there could be.
    expect(shortEnd.shape).toEqual([3 + 9 + 66]);
    for (const end of shortEnd.data) expect(shortIds.data[end]).toBe(1001);
  });

  test('long captions lie in rows of the longest, or of the most there may be, whichever are fewer tokens', () => {
    const shapeWith = (lengths: number[]) => {
      const long = lengths.map((length) => ({
        ...samples[0],
        longCaption: 'x'.repeat(length - 2),
      }));
      return pack({}, long).longIds.shape;
    };
    expect(shapeWith([60, 128, 60])).toEqual([1, 248]);
    expect(shapeWith([127, 128, 125])).toEqual([3, 128]);
    expect([...batch.longEnd.data].map((end) => batch.longIds.data[end])).toEqual([
      1001, 1001, 1001,
    ]);
  });

  test('equal long captions are known as such where twins are not to be negatives', () => {
    const { identity } = pack({ maskDuplicates: true });
    expect(samples[0].longCaption).toBe(samples[2].longCaption);
    const [first, second, third] = identity!.long.data;
    expect(third).toBe(first);
    expect(second).not.toBe(first);
    expect(identity!.regions!.shape).toEqual([9]);
    expect(batch.identity).toBeUndefined();
  });

  test("region weights read the box's mean; slots without a region stay finite", () => {
    const { rowWeights, columnWeights } = batch.regions!;
    expect(rowWeights.shape).toEqual([9, 4]);
    for (let slot = 0; slot < 9; slot++) {
      for (const weights of [rowWeights, columnWeights]) {
        const sum = [...weights.data.subarray(slot * 4, slot * 4 + 4)].reduce((a, b) => a + b);
        expect(sum).toBeCloseTo(1);
      }
    }
  });

  test('a loss that is off, and stage 1, leave their parts out', () => {
    expect(pack({ hardWeight: 0 }).hard).toBeUndefined();
    expect(pack({ regionalWeight: 0 }).regions).toBeUndefined();
    expect(pack({ stage: 1 })).not.toHaveProperty('regions');
  });
});
