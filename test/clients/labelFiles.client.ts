import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { packageRoot } from '../../src/files/packageRoot.js';
import { fgdet } from './fgdet.js';
import { describeWith } from './programs.js';

type Place = [label: string, x1: number, y1: number, x2: number, y2: number];
type Found = [...Place, kind: string, pixels: number | null];
type Objects = Record<string, Place[]>;

const sizes: Record<string, [number, number]> = { 'a.jpg': [320, 240], 'sub/b é.png': [200, 400] };
const objects: Objects = {
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

const categories = ['cat', 'traffic light'];
const stem = (file: string) => file.replace(/\.\w+$/, '');

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

function expectObjects(
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

describeWith('label-files', (bin) => {
  let folder: string;
  const at = (...parts: string[]) => join(folder, ...parts);

  const python = (command: string) => {
    const script = join(packageRoot, 'test/clients/labelFiles.py');
    const options = { encoding: 'utf8', maxBuffer: 1 << 28 } as const;
    const { status, stdout, stderr } = spawnSync(
      join(bin, 'python'),
      [script, command, folder],
      options,
    );
    if (status !== 0) throw new Error(stderr);
    return stdout;
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fgdet-label-files-'));
    for (const [file, [width, height]] of Object.entries(sizes)) {
      mkdirSync(dirname(at('photos', file)), { recursive: true });
      const create = { width, height, channels: 3 as const, background: 'teal' };
      await sharp({ create }).toFile(at('photos', file));
    }
    writeFileSync(at('labels.json'), JSON.stringify(coco()));
    writeFileSync(at('objects.json'), JSON.stringify(objects));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  describe('what is written here, they read', () => {
    let read: Record<string, Record<string, Found[]>>;

    beforeAll(() => {
      const convert = (to: string, output: string, ...options: string[]) =>
        fgdet(
          ...['data', 'convert', at('labels.json'), '--to', to, '--images', at('photos')],
          ...['--output', at(output), ...options],
        );
      convert('cvat', 'cvat/annotations.xml');
      cpSync(at('photos'), at('cvat/images'), { recursive: true });
      convert('voc', 'voc/Annotations');
      cpSync(at('photos'), at('voc/JPEGImages'), { recursive: true });
      mkdirSync(at('voc/ImageSets/Main'), { recursive: true });
      const names = Object.keys(objects).map(stem).join('\n');
      writeFileSync(at('voc/ImageSets/Main/all.txt'), `${names}\n`);
      const colours = ['background', ...categories].map((name) => `${name}:::\n`);
      writeFileSync(at('voc/labelmap.txt'), colours.join(''));
      convert('voc', 'voc1', '--voc-from-1');
      convert('labelme', 'labelme');
      convert('coco', 'coco/labels.json');
      const text = python('read');
      read = JSON.parse(text.slice(text.lastIndexOf('\n', text.length - 2) + 1));
    });

    test.each(['datumaro, CVAT', 'datumaro, VOC', 'supervision, VOC', 'labelme', 'pycocotools'])(
      '%s',
      (program) => {
        // A program may hold numbers of 32 bits.
        expectObjects(read[program], 0.01);
      },
    );

    test('outlines are theirs too', () => {
      const kinds = (program: string) => read[program].a.map(([, , , , , kind]) => kind).sort();
      expect(kinds('datumaro, CVAT')).toEqual(['bbox', 'bbox', 'mask', 'polygon']);
      expect(kinds('labelme')).toEqual(['polygon', 'rectangle', 'rectangle', 'rectangle']);
      for (const program of ['datumaro, CVAT', 'pycocotools']) {
        expect(read[program].a.map((each) => each[6])).toContain(60 * 40);
      }
    });

    test('cvat-sdk: each value is valid as its attribute is declared', () => {
      expect(read.values).toEqual({
        'cat.score=0.9526': true,
        'traffic light.age=3': true,
        'traffic light.share=0.5': true,
      });
    });
  });

  describe('what they write is read here', () => {
    beforeAll(() => {
      python('write');
    });

    const flat = { 'a.jpg': objects['a.jpg'] };
    test.each<[string, number, Objects, string[]]>([
      ['datumaro-coco', 0.01, objects, []],
      ['datumaro-voc', 0.01, objects, []],
      ['datumaro-cvat', 0.01, objects, []],
      ['supervision-coco', 0.01, flat, []],
      // It rounds to whole pixels.
      ['supervision-voc', 0.5, flat, ['--voc-from-1', '--from-format', 'voc']],
      ['of-labelme', 0.01, objects, []],
    ])('%s', (source, within, expected, options) => {
      const output = at(`${source}.json`);
      const images = source === 'of-labelme' ? ['--images', at('photos')] : [];
      fgdet(
        'data',
        'convert',
        at(source),
        '--to',
        'coco',
        '--output',
        output,
        ...options,
        ...images,
      );
      const read = JSON.parse(readFileSync(output, 'utf8'));
      const found: Objects = {};
      for (const { id, file_name } of read.images) {
        found[stem(file_name)] = read.annotations
          .filter((each: { image_id: number }) => each.image_id === id)
          .map(({ bbox: [x, y, w, h], category_id }: { bbox: number[]; category_id: number }) => [
            read.categories.find((each: { id: number }) => each.id === category_id).name,
            ...[x, y, x + w, y + h],
          ]);
      }
      expectObjects(found, within, expected);
    });
  });
});
