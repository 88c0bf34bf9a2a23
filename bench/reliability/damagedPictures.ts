import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { createRandom, type Random } from '../../src/random.js';
import { runFgdet } from './fgdetProcess.js';
import { model } from './prelabelled.js';

const kinds = ['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const;

/** Ways in which files are damaged: on disks, on the way, or on purpose. */
const damages: readonly ((bytes: Buffer, random: Random) => Buffer)[] = [
  // Cut off.
  (bytes, random) => bytes.subarray(0, random.integer(bytes.length)),
  // A few bytes changed, anywhere or in the header, where sizes are.
  (bytes, random) => changed(bytes, random, bytes.length, 1 + random.integer(20)),
  (bytes, random) => changed(bytes, random, Math.min(64, bytes.length), 1 + random.integer(6)),
  // A stretch of zeros, as a lost block leaves it.
  (bytes, random) => {
    const start = random.integer(bytes.length);
    return Buffer.from(bytes).fill(0, start, Math.min(start + 512, bytes.length));
  },
  // The begin of one and the end of the other half.
  (bytes, random) => {
    const at = random.integer(bytes.length);
    return Buffer.concat([bytes.subarray(at), bytes.subarray(0, at)]);
  },
  // Something behind its end.
  (bytes, random) => Buffer.concat([bytes, bytes.subarray(random.integer(bytes.length))]),
];

/** Prelabels damaged files: each must be labelled, or named with a reason. */
export async function damagedPictures(folder: string, count: number): Promise<string[]> {
  const photos = join(folder, 'damaged');
  mkdirSync(photos, { recursive: true });
  const random = createRandom(6);
  const originals = await encodedScenes(folder);
  for (let i = 0; i < count; i++) {
    const { kind, bytes } = originals[i % originals.length];
    const damage = damages[Math.floor(i / originals.length) % damages.length];
    const name = `${String(i).padStart(4, '0')}.${kind === 'jpeg' ? 'jpg' : kind}`;
    writeFileSync(join(photos, name), damage(bytes, random.fork(i)));
  }
  const output = join(folder, 'damaged.json');
  const { status, signal, stderr, peak } = await runFgdet([
    ...['prelabel', photos, '--labels', join(folder, 'labels.txt'), '--output', output],
    ...['--model', model],
  ]);
  if (signal !== null || /unexpected error/.test(stderr)) throw new Error(stderr);
  const manifest = readFileSync(join(folder, 'damaged.prelabel/manifest.jsonl'), 'utf8');
  const pictures = manifest
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => JSON.parse(line));
  const of = (wanted: string) => pictures.filter((picture) => picture.status === wanted).length;
  const reasons = new Set(pictures.flatMap(({ error }) => (error ? [error] : [])));
  return [
    `${count} damaged files: ${pictures.length} in the manifest, ${of('found') + of('empty')} looked at, ` +
      `${of('failed')} named with a reason (${reasons.size} different ones), exit status ${status}, ` +
      `at most ${(peak / 1e6).toFixed(0)} MB`,
  ];
}

async function encodedScenes(folder: string): Promise<{ kind: string; bytes: Buffer }[]> {
  const photos = join(folder, 'photos');
  const names = readdirSync(photos, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => name.endsWith('.jpg')).slice(0, 4);
  return Promise.all(
    files.flatMap((file) =>
      kinds.map(async (kind) => ({
        kind,
        bytes: await sharp(join(photos, file))[kind]().toBuffer(),
      })),
    ),
  );
}

function changed(bytes: Buffer, random: Random, within: number, times: number): Buffer {
  const copy = Buffer.from(bytes);
  for (let i = 0; i < times; i++) copy[random.integer(within)] = random.integer(256);
  return copy;
}
