import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { type FineHardRecord, readFineHard } from '../../datasets/finehard.js';
import { heldOutPairs } from '../../datasets/scenes/attributes.js';
import { things } from '../../datasets/scenes/catalogue.js';
import { drawScene } from '../../datasets/scenes/drawScene.js';
import { type GenerateOptions, generateScenes } from '../../datasets/scenes/generate.js';
import { completeOptions, stylesOf } from '../../datasets/scenes/options.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fgdet-scenes-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Annotations {
  images: { id: number; file_name: string; width: number; height: number }[];
  annotations: {
    id: number;
    image_id: number;
    category_id: number;
    bbox: [number, number, number, number];
    area: number;
    attributes: Record<string, string>;
    style: string;
    expression: string;
    visible: number;
    novel_pair?: boolean;
  }[];
  categories: { id: number; name: string; frequency?: string }[];
}

const small = {
  count: 104,
  size: [72, 56],
  objects: [2, 4],
  objectSize: [0.3, 0.6],
  seed: 7,
} as const;

function make(name: string, options: Partial<GenerateOptions> = {}) {
  return generateScenes({ ...small, output: join(folder, name), workers: 2, ...options });
}

async function readAnnotations(name: string): Promise<Annotations> {
  return JSON.parse(await readFile(join(folder, name, 'annotations.json'), 'utf8'));
}

/** How many of an object's attributes make a held-out combination with its thing. */
function novelKindsOf(
  { category_id, attributes }: Annotations['annotations'][number],
  categories: Annotations['categories'],
): number {
  const { name } = categories[category_id - 1];
  return heldOutPairs.filter(
    ({ thing, kind, value }) => thing === name && attributes[kind] === value,
  ).length;
}

/** Every file of a data set with its bytes. */
async function contents(name: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const root = join(folder, name);
  for (const path of (await readdir(root, { recursive: true })).sort()) {
    if (!(await stat(join(root, path))).isFile()) continue;
    found.set(path, (await readFile(join(root, path))).toString('base64'));
  }
  return found;
}

async function recordsOf(file: string): Promise<FineHardRecord[]> {
  const records: FineHardRecord[] = [];
  for await (const record of readFineHard(file)) records.push(record);
  return records;
}

describe('a data set', () => {
  test('is the same on one thread, on two, and after interruptions', async () => {
    await make('two');
    await make('one', { workers: 1 });
    const interrupt = new AbortController();
    const stopAfterPart = (done: number) => {
      if (done > 0) interrupt.abort(new Error('stop'));
    };
    const interrupted = make('resumed', {
      workers: 1,
      signal: interrupt.signal,
      onProgress: stopAfterPart,
    });
    await expect(interrupted).rejects.toThrow('stop');
    const { drawn } = await make('resumed');
    expect(drawn).toBeGreaterThan(0);
    expect(drawn).toBeLessThan(small.count);
    const expected = await contents('two');
    expect([...expected.keys()]).toHaveLength(small.count + 5);
    expect(await contents('one')).toEqual(expected);
    expect(await contents('resumed')).toEqual(expected);
  });

  test('is left alone when it is finished, and not mixed with another', async () => {
    expect(await make('two')).toMatchObject({ drawn: 0, pictures: small.count });
    await expect(make('two', { seed: 8 })).rejects.toThrow(/other options \(seed 7, not 8\)/);
  });

  test('of names alone shows the same pictures, and names nothing but the things', async () => {
    await make('two');
    await make('names', { texts: 'names' });
    const [full, plain] = [await contents('two'), await contents('names')];
    const pictures = [...full.keys()].filter((path) => path.endsWith('.jpg'));
    for (const path of pictures) expect(plain.get(path)).toBe(full.get(path));
    const known = new Set(things.map(({ name, article }) => `${article} ${name}`));
    for await (const record of readFineHard(join(folder, 'names', 'finehard.json'))) {
      const named = record.boxes.map((box) => box.shortText).filter((text) => known.has(text));
      for (const { shortText, longText, negatives } of record.boxes) {
        expect(known.has(shortText) || shortText === 'the background').toBe(true);
        expect([longText, negatives]).toEqual([shortText, undefined]);
      }
      const once = named.filter(
        (name, i) => named.indexOf(name) === i && named.lastIndexOf(name) === i,
      );
      for (const name of once) expect(record.longCaption).toContain(name);
    }
  });

  test('has annotations that fit its pictures and records', async () => {
    const { images, annotations, categories } = await readAnnotations('two');
    expect(images).toHaveLength(small.count);
    const { width, height } = await sharp(join(folder, 'two', images[3].file_name)).metadata();
    expect([width, height]).toEqual([...small.size]);
    const records = await recordsOf(join(folder, 'two', 'finehard.json'));
    expect(records.map((record) => record.image)).toEqual(images.map((image) => image.file_name));
    const captions = await recordsOf(join(folder, 'two', 'captions.json'));
    expect(captions).toEqual(records.map((record) => ({ ...record, boxes: [] })));
    for (const [i, record] of records.entries()) {
      const own = annotations.filter((annotation) => annotation.image_id === i + 1);
      const texts = record.boxes.map((box) => box.shortText);
      expect(texts.slice(0, own.length)).toEqual(own.map(({ expression }) => expression));
      for (const text of texts.slice(own.length)) expect(text).toContain('background');
      expect(record.longCaption.split(' ').length).toBeLessThan(65);
      for (const { bbox, area, visible, expression, category_id } of own) {
        const [x, y, w, h] = bbox;
        expect(x >= 0 && y >= 0 && x + w <= small.size[0] && y + h <= small.size[1]).toBe(true);
        expect(area).toBeLessThanOrEqual(w * h);
        expect(visible).toBeGreaterThanOrEqual(0.5);
        expect(expression).toContain(categories[category_id - 1].name);
      }
    }
  });

  test('brings ten wrong descriptions of all that has a colour, and none of what has no attribute', async () => {
    const { annotations } = await readAnnotations('two');
    const records = await recordsOf(join(folder, 'two', 'finehard.json'));
    let coloured = 0;
    for (const [i, { boxes }] of records.entries()) {
      const own = annotations.filter((annotation) => annotation.image_id === i + 1);
      for (const [j, { attributes }] of own.entries()) {
        if (attributes.colour) coloured++;
        if (attributes.colour) expect(new Set(boxes[j].negatives).size).toBe(10);
        if (Object.keys(attributes).length === 0) expect(boxes[j].negatives).toBeUndefined();
      }
    }
    expect(coloured).toBeGreaterThan(34);
  });

  test('describes a place without objects as background', async () => {
    const { annotations } = await readAnnotations('two');
    const records = await recordsOf(join(folder, 'two', 'finehard.json'));
    let found = 0;
    for (const [i, { boxes }] of records.entries()) {
      const own = annotations.filter((annotation) => annotation.image_id === i + 1);
      for (const { box, negatives } of boxes.slice(own.length)) {
        found++;
        expect(negatives).toBeUndefined();
        const [x1, y1, x2, y2] = box.map((share, k) => share * small.size[k % 2]);
        for (const { bbox } of own) {
          const width = Math.min(x2, bbox[0] + bbox[2]) - Math.max(x1, bbox[0]);
          const height = Math.min(y2, bbox[1] + bbox[3]) - Math.max(y1, bbox[1]);
          const common = Math.max(0, width) * Math.max(0, height);
          expect(common).toBeLessThanOrEqual(0.1 * (x2 - x1) * (y2 - y1) + 1e-6);
        }
      }
    }
    expect(found).toBeGreaterThan(8);
  });

  test('for training never shows or names a held-out combination, nor the unseen style', async () => {
    const { annotations, categories } = await readAnnotations('two');
    for (const { category_id, attributes, style, novel_pair } of annotations) {
      expect(style).not.toBe('twemoji');
      expect(novel_pair).toBeUndefined();
      const { name } = categories[category_id - 1];
      for (const pair of heldOutPairs.filter(({ thing }) => thing === name)) {
        expect(attributes[pair.kind]).not.toBe(pair.value);
      }
    }
    const text = await readFile(join(folder, 'two', 'finehard.json'), 'utf8');
    const named = heldOutPairs.filter(({ thing, value }) => {
      // An orange fire engine is no orange fire.
      const longer = things.filter(({ name }) => name.startsWith(`${thing} `));
      const rest = longer.map(({ name }) => `(?!${name.slice(thing.length)})`).join('');
      return new RegExp(`\\b${value} ${thing}\\b${rest}`).test(text);
    });
    expect(named).toEqual([]);
  });

  test('lists things with a colour or a pattern as categories, held-out ones as rare', async () => {
    await make('unseen', { split: 'unseen', count: 60 });
    for (const name of ['two', 'unseen']) {
      const { annotations, categories } = await readAnnotations(name);
      const pairs: Annotations = JSON.parse(
        await readFile(join(folder, name, 'pairs.json'), 'utf8'),
      );
      const listed = pairs.annotations.map(
        ({ image_id, bbox, category_id }) =>
          `${image_id}: ${bbox} ${pairs.categories[category_id - 1].name}`,
      );
      const expected = annotations.flatMap(({ image_id, bbox, category_id, attributes }) =>
        [attributes.colour, attributes.pattern]
          .filter((value) => value !== undefined)
          .map((value) => `${image_id}: ${bbox} ${value} ${categories[category_id - 1].name}`),
      );
      expect(listed.sort()).toEqual(expected.sort());
      expect(listed.length).toBeGreaterThan(40);
      const rare = pairs.annotations.filter(
        ({ category_id }) => pairs.categories[category_id - 1].frequency === 'r',
      );
      expect(rare.length).toBe(
        annotations.reduce((sum, object) => sum + novelKindsOf(object, categories), 0),
      );
      expect(rare.length > 0).toBe(name === 'unseen');
    }
  });

  test('that is held out shows both, and says which objects are new', async () => {
    await make('unseen', { split: 'unseen', count: 60 });
    const { annotations } = await readAnnotations('unseen');
    expect(new Set(annotations.map(({ style }) => style))).toEqual(new Set(['twemoji']));
    const novel = annotations.filter((annotation) => annotation.novel_pair).length;
    expect(novel / annotations.length).toBeGreaterThan(0.1);
    const description = JSON.parse(
      await readFile(join(folder, 'unseen', 'dataset.json'), 'utf8'),
    ) as { heldOutPairs: unknown; styles: { name: string; version: string }[] };
    expect(description.heldOutPairs).toEqual(heldOutPairs);
    expect(description.styles).toMatchObject([{ name: 'twemoji', licence: 'CC-BY-4.0' }]);
  });

  test('is not started with options that cannot be met', async () => {
    await expect(make('bad', { objectSize: [0.01, 0.5] })).rejects.toThrow(/object size/);
    await expect(make('bad', { styles: ['twemoji'] })).rejects.toThrow(/unseen.*"twemoji"/);
    await expect(make('bad', { styles: ['crayons'] })).rejects.toThrow(/knows noto, .*"crayons"/);
    await expect(make('bad', { objects: [5, 2] })).rejects.toThrow(/objects/);
    const file = 'two/dataset.json/below';
    await expect(make(file)).rejects.toThrow(/Cannot write to .*below/);
  });
});

test('a scene in memory is the picture of its number', async () => {
  const options = completeOptions({ count: 1, size: 96, objects: [1, 1], seed: 3 });
  const scene = await drawScene(options, 5);
  expect(scene.image.data).toHaveLength(96 * 96 * 3);
  expect(scene.objects).toHaveLength(1);
  expect(stylesOf('train')).toContain(scene.objects[0].style);
  expect(await drawScene(options, 5)).toEqual(scene);
  expect((await drawScene(options, 6)).image.data).not.toEqual(scene.image.data);
});
