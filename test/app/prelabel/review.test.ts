import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type ManifestHead, writeManifest } from '../../../app/prelabel/manifest.js';
import { Review } from '../../../app/prelabel/review.js';
import { prelabelFolder } from '../../../app/prelabel/runState.js';
import {
  type LabelFormatName,
  labelFormat,
  labelFormatNames,
} from '../../../datasets/labels/formats.js';

const size = { width: 64, height: 48 };
const drawing = '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="48"/>';
const files = ['a.png', 'b.png', 'c.png'];
const box = { xmin: 1, ymin: 2, xmax: 30, ymax: 40 };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fgdet-review-'));
  mkdirSync(join(folder, 'photos'));
  // YOLO's labels do not say how large pictures are.
  for (const file of files) writeFileSync(join(folder, 'photos', file), drawing);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Labels of three pictures as a run leaves them. @param listed those that the label files have. */
async function labels(
  format: LabelFormatName,
  {
    listed = files,
    head = {},
    pictures = files,
  }: {
    listed?: string[];
    head?: Partial<ManifestHead>;
    pictures?: string[];
  } = {},
): Promise<string> {
  const { folder: isFolder, extension, write } = labelFormat(format);
  const output = join(folder, `labels${isFolder ? '' : extension}`);
  const images = listed.map((file) => ({ file, ...size, boxes: [] }));
  await write({ categories: [{ name: 'cat' }], images }, output, {
    images: join(folder, 'photos'),
  });
  const beside = prelabelFolder(output);
  mkdirSync(beside, { recursive: true });
  await writeManifest(
    join(beside, 'manifest.jsonl'),
    {
      ...{ fgdet: '1', run: 'x', format, output: `../labels${isFolder ? '' : extension}` },
      ...{ images: '../photos', existing: 'add', labels: [], model: {}, options: {} },
      modelVersion: '1',
      ...head,
    },
    pictures.map((file) => ({ file, ...size, status: 'empty', found: [], boxes: [] })),
  );
  return output;
}

async function written(format: LabelFormatName, output: string): Promise<Record<string, string[]>> {
  const { images } = await labelFormat(format).read(output, { images: join(folder, 'photos') });
  return Object.fromEntries(
    [...images].map(({ file, boxes }) => [file, boxes.map(({ label }) => label)]),
  );
}

describe.each(labelFormatNames)('%s:', (format) => {
  test('what cannot be saved changes nothing, and others are saved at the same time', async () => {
    const output = await labels(format);
    const review = await Review.open(output);
    const thin = { ...box, xmax: box.xmin + 0.001 };
    const bad = [
      ...['\ud800', ...(['voc', 'cvat', 'label-studio'].includes(format) ? ['a\u0001b'] : [])],
    ].map((label) => ({ label, box }));
    const before = review.labels;
    const refused = [...bad, { label: 'cat', box: thin }].map((each) =>
      expect(review.save(0, [{ label: 'other', box }, each])).rejects.toThrow(
        /cannot hold|half a character|has no area/,
      ),
    );
    await Promise.all([...refused, review.save(1, [{ label: 'new', box }])]);
    expect(review.boxes(0)).toEqual([]);
    expect(review.labels).toEqual([...before, 'new']);
    expect(review.pictures.map(({ reviewed }) => reviewed)).toEqual([false, true, false]);
    expect(await written(format, output)).toEqual({ 'a.png': [], 'b.png': ['new'], 'c.png': [] });
    await review.save(0, [{ label: 'cat', box }]);
    expect(await written(format, output)).toMatchObject({ 'a.png': ['cat'], 'b.png': ['new'] });
  });

  test('a picture that the label files no longer list gets labels that are new', async () => {
    const output = await labels(format, { listed: ['b.png', 'c.png'] });
    const review = await Review.open(output);
    await Promise.all([
      review.save(0, [{ label: 'new', box }]),
      review.save(0, [{ label: 'newer', box }]),
      review.save(1, [{ label: 'cat', box }]),
    ]);
    expect(await written(format, output)).toMatchObject({ 'a.png': ['newer'], 'b.png': ['cat'] });
    expect(review.boxes(0)).toMatchObject([{ label: 'newer' }]);
  });
});

test('labels that the disk does not take are neither shown nor written later', async () => {
  const output = await labels('coco');
  const review = await Review.open(output);
  // A file in the place of the folder fails for every user.
  const content = readFileSync(output);
  const real = `${dirname(output)}-real`;
  renameSync(dirname(output), real);
  writeFileSync(dirname(output), '');
  const error: Error = await review.save(0, [{ label: 'new', box }]).catch((each) => each);
  expect(error.name).toBe('SaveError');
  expect(error.message).not.toContain(folder);
  expect(review.boxes(0)).toEqual([]);
  expect(review.labels).toEqual(['cat']);
  rmSync(dirname(output));
  renameSync(real, dirname(output));
  expect(readFileSync(output)).toEqual(content);
  await review.save(1, [{ label: 'cat', box }]);
  expect(await written('coco', output)).toEqual({ 'a.png': [], 'b.png': ['cat'], 'c.png': [] });
});

test('no other file is written than the one that was named', async () => {
  const output = await labels('coco', { head: { output: '../other.json' } });
  const other = join(folder, 'other.json');
  writeFileSync(other, readFileSync(output));
  const review = await Review.open(output);
  await review.save(0, [{ label: 'new', box }]);
  expect(readFileSync(other, 'utf8')).not.toContain('new');
  expect(readFileSync(output, 'utf8')).toContain('new');
});

test.each(['../secret.png', '/etc/passwd', 'sub/../../secret.png', '', 'a//b.png'])(
  'a manifest with the picture %j is not taken',
  async (file) => {
    const output = await labels('coco', { pictures: ['a.png', file] });
    await expect(Review.open(output)).rejects.toThrow(
      /manifest\.jsonl: line 3 .*file: must be a path inside the folder of pictures/,
    );
  },
);
