import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AnnotationFile,
  compressCounts,
  detectionMasksOf,
  detectionsOf,
  evaluateBoxes,
  evaluateMasks,
  groundTruthOf,
  objectMasksOf,
  summarize,
} from '../../../eval/coco/index.js';
import {
  evaluateLvis,
  type LvisAnnotationFile,
  lvisGroundTruthOf,
  summarizeLvis,
} from '../../../eval/lvis/index.js';
import { scoreCoco } from '../../../eval/score/cocoScores.js';
import { scoreLvis } from '../../../eval/score/lvisScores.js';
import { readScoredFiles } from '../../../eval/score/scoredFiles.js';
import { UserError } from '../../../src/errors.js';
import { createRandom } from '../../../src/random.js';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
const protocols = ['coco', 'masks', 'lvis'] as const;
type Protocol = (typeof protocols)[number];
type Random = ReturnType<typeof createRandom>;

const folder = mkdtempSync(join(tmpdir(), 'fgdet-hostile-'));
afterAll(() => rmSync(folder, { recursive: true }));
const [gtFile, dtFile] = [join(folder, 'gt.json'), join(folder, 'dt.json')];

/** Valid files: small ones, with all that COCO's and LVIS's rules look at. */
function validFiles(random: Random): { gt: Json; dt: Json } {
  const between = (low: number, high: number) => low + random.integer(high - low);
  const box = () => [between(0, 60), between(0, 60), between(4, 40), between(4, 40)];
  const images = Array.from({ length: 4 }, (_, i) => ({
    id: 7 * i + 1,
    file_name: `${i}.jpg`,
    width: 100,
    height: 100,
    neg_category_ids: [between(1, 4)],
    not_exhaustive_category_ids: i === 2 ? [2] : [],
  }));
  const annotations = Array.from({ length: 10 }, (_, id) => {
    const bbox = box();
    return {
      ...{ id: id + 1, image_id: 7 * between(0, 4) + 1, category_id: between(1, 4), bbox },
      ...{ area: bbox[2] * bbox[3] * 0.7, iscrowd: id === 4 ? 1 : 0 },
      segmentation: [polygonOf(bbox)],
    };
  });
  const dt = Array.from({ length: 20 }, (_, i) => {
    const { image_id, category_id, bbox } = annotations[i % 10];
    const moved = i < 12 ? bbox.map((value) => value + between(0, 5)) : box();
    const runs = runsOf(moved);
    const counts = i % 2 === 0 ? compressCounts(Uint32Array.from(runs)) : runs;
    return {
      ...{ image_id, category_id, bbox: moved, score: random.integer(100) / 100 },
      segmentation: { size: [100, 100], counts },
    };
  });
  const names = ['cat', 'dög', 'kite'];
  const categories = names.map((name, i) => ({ id: i + 1, name, frequency: 'rcf'[i] }));
  return { gt: { info: { year: 2017 }, images, categories, annotations }, dt };
}

/** A box in a picture of 100 × 100 as run lengths, down one column after the other. */
function runsOf([x, y, width, height]: readonly number[]): number[] {
  const [columns, rows] = [Math.min(width, 100 - x), Math.min(height, 100 - y)];
  const column = [100 - rows, rows];
  const runs = [100 * x + y, rows, ...Array.from({ length: columns - 1 }, () => column).flat()];
  return [...runs, 10_000 - runs.reduce((sum, run) => sum + run)];
}

function polygonOf([x, y, width, height]: readonly number[]): number[] {
  return [x, y, x, y + height, x + width, y + height, x + width, y];
}

const odd: readonly Json[] = [
  ...[null, true, '', 'x', '7', [], {}, [[]], -1, 0, 1.5, 1e308, -1e308, 2 ** 60, 1e-320],
  ...[
    [1, 2, 3],
    [0, 0, -1, 1],
    [1, 2, 3, 4, 5],
    [1e308, 1e308, 1e308, 1e308],
  ],
];

/** Every place in a JSON value, by the object or list that holds it and its key. */
function places(value: Json): [Record<string, Json>, string][] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Record<string, Json>;
  return Object.keys(holder).flatMap((key) => [
    [holder, key] as [Record<string, Json>, string],
    ...places(holder[key]),
  ]);
}

/** Changes of values. */
const changes: Record<string, (value: Json, random: Random) => void> = {
  'another value': (value, random) => {
    const [holder, key] = random.pick(places(value));
    holder[key] = random.pick(odd);
  },
  'a key less': (value, random) => {
    const [holder, key] = random.pick(places(value));
    if (Array.isArray(holder)) holder.splice(Number(key), 1);
    else delete holder[key];
  },
  'an entry twice': (value, random) => {
    const lists = places(value).filter(([holder]) => Array.isArray(holder));
    const [holder, key] = random.pick(lists);
    (holder as unknown as Json[]).push(structuredClone(holder[key]));
  },
};

/** Changes of bytes. */
const damages: Record<string, (bytes: Buffer, random: Random) => Buffer> = {
  'cut off': (bytes, random) => bytes.subarray(0, random.integer(bytes.length)),
  'a byte changed': (bytes, random) => {
    const damaged = Buffer.from(bytes);
    const at = random.integer(bytes.length);
    damaged[at] = random.integer(256);
    return damaged;
  },
  'a piece twice': (bytes, random) => {
    const from = random.integer(bytes.length);
    return Buffer.concat([bytes.subarray(0, from + 30), bytes.subarray(from)]);
  },
  'invalid UTF-8': (bytes, random) => {
    const at = random.integer(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), Buffer.from([0xc3, 0x28]), bytes.subarray(at)]);
  },
  'deep nesting': (bytes, random) => {
    const at = random.integer(bytes.length);
    const depth = 20_000;
    const nested = Buffer.from('['.repeat(depth) + ']'.repeat(random.uniform() < 0.5 ? depth : 0));
    return Buffer.concat([bytes.subarray(0, at), nested, bytes.subarray(at)]);
  },
  'a huge number': (bytes, random) => {
    const text = bytes.toString();
    const digits = [...text.matchAll(/\d/g)];
    const at = random.pick(digits).index;
    return Buffer.from(`${text.slice(0, at)}${'9'.repeat(400)}${text.slice(at)}`);
  },
};

const kinds = [...Object.keys(changes), ...Object.keys(damages)];
const perKind = 100;

test(`${perKind * kinds.length} damaged files give the right score or one clear error`, async () => {
  const random = createRandom('hostile files');
  const outcomes = new Map<string, number>();
  const before = process.memoryUsage().rss;
  for (let i = 0; i < perKind * kinds.length; i++) {
    const kind = kinds[i % kinds.length];
    const contents = damagedFiles(kind, random);
    const protocol = random.pick(protocols);
    const label = `mutation ${i}, ${kind}, ${protocol}`;
    const stats = await scoreOf(contents, protocol).catch((error: Error) => error);
    if (stats instanceof Error) {
      expect([label, stats.name, stats.stack]).toEqual([label, 'UserError', stats.stack]);
      expect(stats).toBeInstanceOf(UserError);
      expect(stats.message).toMatch(/(gt|dt)\.json/);
      expect(stats.message.length).toBeLessThan(2000);
    } else expect([label, stats]).toEqual([label, plainScore(contents, protocol)]);
    const outcome = stats instanceof Error ? 'error' : 'score';
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  // Both must happen often, or nothing was tried.
  expect(outcomes.get('error')).toBeGreaterThan(perKind);
  expect(outcomes.get('score')).toBeGreaterThan(perKind / 2);
  expect(process.memoryUsage().rss - before).toBeLessThan(500e6);
});

function damagedFiles(kind: string, random: Random): { gt: Buffer; dt: Buffer } {
  const files = validFiles(random);
  const target = random.uniform() < 0.5 ? 'gt' : 'dt';
  changes[kind]?.(files[target], random);
  const bytes = {
    gt: Buffer.from(JSON.stringify(files.gt)),
    dt: Buffer.from(JSON.stringify(files.dt)),
  };
  const damage = damages[kind];
  return damage ? { ...bytes, [target]: damage(bytes[target], random) } : bytes;
}

async function scoreOf({ gt, dt }: { gt: Buffer; dt: Buffer }, protocol: Protocol) {
  // Where a file is written over, ext4 waits for the disk.
  for (const file of [gtFile, dtFile]) rmSync(file, { force: true });
  writeFileSync(gtFile, gt);
  writeFileSync(dtFile, dt);
  const files = await readScoredFiles(gtFile, dtFile, { masks: protocol === 'masks' });
  return (protocol === 'lvis' ? scoreLvis(files) : scoreCoco(files)).stats;
}

/** Texts for ids as numbers that nothing else has. */
function withNumbers<T>(value: T): T {
  const ids = new Set(['id', 'image_id', 'category_id']);
  return JSON.parse(JSON.stringify(value), (key, id) =>
    ids.has(key) && typeof id === 'string' ? Number(id) || 1e6 : id,
  );
}

/** Without annotations of pictures or categories that are not listed, which do not count. */
function listedOnly<File extends AnnotationFile>(file: File): File {
  const plain = withNumbers(file);
  const pictures = new Set(plain.images.map(({ id }) => id));
  const categories = new Set(plain.categories.map(({ id }) => id));
  const annotations = plain.annotations.filter(
    ({ image_id, category_id }) => pictures.has(image_id) && categories.has(category_id),
  );
  return { ...plain, annotations };
}

/** The score of the scorers alone, of what JSON.parse makes of the files. */
function plainScore({ gt, dt }: { gt: Buffer; dt: Buffer }, protocol: Protocol) {
  const annotations: AnnotationFile & LvisAnnotationFile = listedOnly(JSON.parse(gt.toString()));
  const results = withNumbers(JSON.parse(dt.toString()));
  const detections = detectionsOf(results);
  if (protocol === 'coco') return summarize(evaluateBoxes(groundTruthOf(annotations), detections));
  if (protocol === 'masks') {
    const masked = { ...groundTruthOf(annotations), ...objectMasksOf(annotations) };
    return summarize(evaluateMasks(masked, { ...detections, ...detectionMasksOf(results) }));
  }
  const truth = lvisGroundTruthOf(annotations);
  return summarizeLvis(evaluateLvis(truth, detections), truth);
}
