import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { packageRoot } from '../../src/files/packageRoot.js';
import { fgdet } from './fgdet.js';

/** An object: its corners are pixels. */
export type Place = [label: string, x1: number, y1: number, x2: number, y2: number];
/** As a program has read it. */
export type Found = [...Place, kind: string, pixels: number | null];
export type Objects = Record<string, Place[]>;

const sizes: Record<string, [number, number]> = { 'a.jpg': [320, 240], 'sub/b é.png': [200, 400] };
export const objects: Objects = {
  'a.jpg': [
    ['cat', 10.25, 20.5, 111, 70.75],
    ['traffic light', 50, 60, 130, 150],
    ['cat', 10, 10, 70, 50.5],
    ['cat', 30, 20, 90, 60],
  ],
  'sub/b é.png': [
    ['traffic light', 0, 0, 200, 400],
    ['cat', 12.34, 56.78, 102.46, 91.34],
  ],
};
/** Of the objects of the first picture; the mask is all of its box. */
const outlines: Record<number, unknown> = {
  2: [[10, 10, 70, 12, 65.5, 50.5, 12, 40]],
  3: {
    size: [240, 320],
    counts: [
      30 * 240 + 20,
      ...Array.from({ length: 59 }, () => [40, 200]).flat(),
      40,
      230 * 240 + 180,
    ],
  },
};

export const categories = ['cat', 'traffic light'];
export const stem = (file: string) => file.replace(/\.\w+$/, '');

/** All of it as a COCO file. */
function coco() {
  const files = Object.keys(objects);
  const annotations = files.flatMap((file, image) =>
    objects[file].map(([label, x1, y1, x2, y2], i) => ({
      ...{ image_id: image + 1, category_id: categories.indexOf(label) + 1, iscrowd: 0 },
      bbox: [x1, y1, x2 - x1, y2 - y1],
      segmentation: image === 0 ? (outlines[i] ?? []) : [],
      ...(image === 0 && i === 0 && { score: 0.9526 }),
      ...(image === 0 && i === 1 && { attributes: { occluded: true, age: 3, share: 0.5 } }),
    })),
  );
  return {
    images: files.map((file_name, i) => {
      const [width, height] = sizes[file_name];
      return { id: i + 1, file_name, width, height };
    }),
    categories: categories.map((name, i) => ({ id: i + 1, name })),
    annotations: annotations.map((each, i) => ({ id: i + 1, ...each })),
  };
}

/** Objects in an order of their own, since programs have theirs. */
function sorted(places: readonly (Place | Found)[]) {
  return places
    .map(([label, ...rest]) => [label, ...rest.slice(0, 4)] as Place)
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** @param within pixels, of each side of a box. */
export function expectObjects(
  found: Record<string, readonly (Place | Found)[]>,
  within: number,
  of = objects,
) {
  expect(Object.keys(found).sort()).toEqual(Object.keys(of).map(stem).sort());
  for (const [file, places] of Object.entries(of)) {
    const expected = sorted(places);
    sorted(found[stem(file)]).forEach(([label, ...sides], i) => {
      expect(label).toBe(expected[i][0]);
      sides.forEach((side, j) => {
        expect(Math.abs(side - Number(expected[i][j + 1]))).toBeLessThanOrEqual(within);
      });
    });
    expect(found[stem(file)]).toHaveLength(places.length);
  }
}

/** A folder for what programs read and write: the pictures in photos, labels.json (COCO), and objects.json, `objects` for Python. */
export class ClientFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'fgdet-clients-'));

  at(...parts: string[]): string {
    return join(this.path, ...parts);
  }

  async fill(): Promise<void> {
    for (const [file, [width, height]] of Object.entries(sizes)) {
      mkdirSync(dirname(this.at('photos', file)), { recursive: true });
      const create = { width, height, channels: 3 as const, background: 'teal' };
      await sharp({ create }).toFile(this.at('photos', file));
    }
    writeFileSync(this.at('labels.json'), JSON.stringify(coco()));
    writeFileSync(this.at('objects.json'), JSON.stringify(objects));
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }

  /** Writes the labels in another format, to a file or folder here. */
  write(to: string, output: string, ...options: string[]): void {
    const photos = ['--images', this.at('photos')];
    fgdet(
      ...['data', 'convert', this.at('labels.json'), '--to', to, ...photos],
      ...['--output', this.at(output), ...options],
    );
  }

  /** What is read of a file or folder here. */
  read(source: string, ...options: string[]): Objects {
    const output = this.at(`${source} as read.json`);
    fgdet('data', 'convert', this.at(source), '--to', 'coco', '--output', output, ...options);
    const { images, annotations, categories } = JSON.parse(readFileSync(output, 'utf8'));
    const found: Objects = {};
    for (const { id, file_name } of images) {
      found[stem(file_name)] = annotations
        .filter((each: { image_id: number }) => each.image_id === id)
        .map(({ bbox: [x, y, w, h], category_id }: { bbox: number[]; category_id: number }) => [
          categories.find((each: { id: number }) => each.id === category_id).name,
          ...[x, y, x + w, y + h],
        ]);
    }
    return found;
  }

  /**
   * Runs a program beside this file, in this folder.
   * @returns the JSON that it says in its last line, where it says any.
   */
  python(
    bin: string,
    program: string,
    command: string,
    env: NodeJS.ProcessEnv = {},
  ): Record<string, Record<string, Found[]>> {
    const script = join(packageRoot, 'test/clients', program);
    const args = [script, command, this.path];
    const { status, stdout, stderr } = spawnSync(join(bin, 'python'), args, {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      env: { ...process.env, ...env },
    });
    if (status !== 0) throw new Error(stderr);
    const last = stdout.trimEnd().split('\n').at(-1)!;
    return last.startsWith('{') ? JSON.parse(last) : {};
  }
}
