import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { labelDefinitions } from '../../../app/prelabel/labelDefinitions.js';
import { readManifest } from '../../../app/prelabel/manifest.js';
import { type PrelabelOptions, PrelabelRun } from '../../../app/prelabel/prelabel.js';
import { summarize } from '../../../app/prelabel/report.js';
import { Review } from '../../../app/prelabel/review.js';
import {
  type LabelFormatName,
  labelFormat,
  labelFormatNames,
} from '../../../datasets/labels/formats.js';
import type { LabelledImage } from '../../../datasets/labels/labelSet.js';
import { UserError } from '../../../src/errors.js';
import { FakeDetector, files, makePictures, optionsOf, runWhole } from './fakeDetector.js';

let folder: string;
let images: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fgdet-prelabel-'));
  images = join(folder, 'photos');
  await makePictures(images);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let outputs = 0;
let output: string;
beforeEach(() => {
  output = join(folder, `labels-${outputs++}`);
});

const optionsHere = (format: LabelFormatName, more: Partial<PrelabelOptions> = {}) =>
  optionsOf(format, { images, output, ...more });

async function labelsOf({ format, output: path }: PrelabelOptions): Promise<LabelledImage[]> {
  const { images: read } = await labelFormat(format).read(path, {
    ...{ images, allPredictions: true },
  });
  return [...read];
}

/** Every file of an output and of the folder beside it, by its path. */
function filesOf(path: string): Record<string, string> {
  const roots = [path, `${path.replace(/\.(json|xml)$/, '')}.prelabel`];
  return Object.fromEntries(
    roots.flatMap((root) => {
      if (statSync(root).isFile()) return [['', readFileSync(root, 'utf8')]];
      return readdirSync(root, { recursive: true, encoding: 'utf8' })
        .filter(
          (name) => !name.split('/').includes('images') && statSync(join(root, name)).isFile(),
        )
        .filter((name) => !name.startsWith('pictures-'))
        .map((name) => [name, readFileSync(join(root, name), 'utf8')]);
    }),
  );
}

test('labels, thresholds and phrasings are asked for, and all is written down', async () => {
  const options = optionsHere('coco');
  const { looked, asked, result } = await runWhole(options);
  expect(looked).toEqual(files);
  expect(asked).toEqual([
    [
      { label: 'cat', phrasings: ['a cat', 'kitten'] },
      { label: 'dog', phrasings: ['dog'] },
    ],
    { cat: 0.5 },
  ]);
  const { head, pictures } = await readManifest(join(result.folder, 'manifest.jsonl'));
  expect(head).toMatchObject({
    ...{ fgdet: '1.2.3', format: 'coco', images: '../photos', modelVersion: 'fake abcdef' },
    labels: [
      { name: 'cat', threshold: 0.5 },
      { name: 'dog', threshold: 0.4 },
    ],
  });
  expect(pictures.map(({ file, status }) => [file, status])).toEqual([
    ['a.png', 'found'],
    ['b.png', 'found'],
    ['sub/c.png', 'found'],
    ['broken.png', 'failed'],
    ['sub/empty.png', 'empty'],
  ]);
  expect(pictures[1].found).toEqual([
    { label: 'cat', score: 0.8765, box: [8.23, 5, 38.11, 45.68] },
  ]);
  expect(pictures[3].error).toBe('this is not a picture.');
  const labels = await labelsOf(options);
  expect(labels.map(({ file, boxes }) => [file, boxes.length])).toEqual([
    ['a.png', 1],
    ['b.png', 1],
    ['sub/c.png', 1],
    ['sub/empty.png', 0],
  ]);
});

describe.each(labelFormatNames)('%s:', (format) => {
  test('stopped after any picture and started again, a run writes the same bytes', async () => {
    const whole = optionsHere(format);
    await runWhole(whole);
    const expected = filesOf(whole.output);
    for (let stopAfter = 1; stopAfter < files.length; stopAfter++) {
      rmSync(whole.output, { recursive: true, force: true });
      rmSync(`${output}.prelabel`, { recursive: true, force: true });
      const stop = new AbortController();
      const run = await PrelabelRun.open(whole);
      const looking = run.look(new FakeDetector(images), {
        signal: stop.signal,
        onProgress: (done) => done === stopAfter && stop.abort(),
      });
      await expect(looking).rejects.toThrow(/abort/i);
      const { looked } = await runWhole(whole);
      // What could not be read is tried again.
      expect(looked).toEqual([
        ...(stopAfter === 4 ? ['broken.png'] : []),
        ...files.slice(stopAfter),
      ]);
      expect(filesOf(whole.output)).toEqual(expected);
    }
  });

  test('a run again finds nothing to do, and what somebody deleted stays deleted', async () => {
    const options = optionsHere(format);
    await runWhole(options);
    const before = filesOf(options.output);
    const { looked } = await runWhole(options);
    expect(looked).toEqual(['broken.png']);
    expect(filesOf(options.output)).toEqual(before);

    const { read, write } = labelFormat(format);
    const set = await read(options.output, { images, allPredictions: true });
    const changed = [...set.images].map((image) =>
      image.file === 'a.png' ? { ...image, boxes: [] } : image,
    );
    await write({ ...set, images: changed }, options.output, { images });
    await runWhole(options);
    expect((await labelsOf(options)).find(({ file }) => file === 'a.png')!.boxes).toEqual([]);
  });

  test('what is there already is added to, or what an earlier run made is replaced', async () => {
    const mine = { label: 'person', box: [60, 20, 100, 70] as const };
    const same = { label: 'cat', box: [2, 5, 31, 45] as const };
    const format_ = labelFormat(format);
    const options = optionsHere(format);
    const before = [
      { file: 'a.png', width: 120, height: 80, boxes: [mine, same] },
      { file: 'other.png', width: 120, height: 80, boxes: [mine] },
    ];
    await sharp(join(images, 'a.png')).toFile(join(folder, 'other.png'));
    const categories = [{ name: 'person' }, { name: 'cat' }];
    await format_.write({ categories, images: before }, options.output, { images });
    const ask = { ...options, files: files.slice(0, 2) };
    await runWhole(ask).catch((error) => {
      // YOLO needs the pictures' sizes.
      if (format !== 'yolo') throw error;
    });
    if (format === 'yolo') {
      await format_.write({ categories, images: before.slice(0, 1) }, options.output, { images });
      await runWhole(ask);
    }
    const boxesOf = async (file: string) =>
      (await labelsOf(options))
        .find((image) => image.file === file)!
        .boxes.map(({ label }) => label);
    expect(await boxesOf('a.png')).toEqual(['person', 'cat']);
    expect(await boxesOf('b.png')).toEqual(['cat']);
    if (format !== 'yolo') expect(await boxesOf('other.png')).toEqual(['person']);

    // Another run, with another label, in place of the first one's.
    const later = { ...ask, definitions: labelDefinitions({ lines: ['dog'] }) };
    await runWhole({ ...later, existing: 'replace' }, new FakeDetector(images, 'dog'));
    expect(await boxesOf('a.png')).toEqual(['person', 'cat', 'dog']);
    expect(await boxesOf('b.png')).toEqual(['dog']);
  });

  test('pictures that have a box are skipped, and stay as they are', async () => {
    const options = optionsHere(format);
    await runWhole({ ...options, files: files.slice(0, 1) });
    const later = { ...options, definitions: labelDefinitions({ lines: ['dog'] }) };
    const skipping = { ...later, existing: 'skip' as const };
    const { looked } = await runWhole(skipping, new FakeDetector(images, 'dog'));
    expect(looked).toEqual(files.slice(1));
    const labels = await labelsOf(options);
    const of = (name: string) => labels.find(({ file }) => file === name)!.boxes;
    expect(of('a.png').map(({ label }) => label)).toEqual(['cat']);
    expect(of('b.png').map(({ label }) => label)).toEqual(['dog']);
    // Now only what has no box is left, and was looked at by this run.
    expect((await runWhole(skipping, new FakeDetector(images, 'dog'))).looked).toEqual([
      'broken.png',
    ]);
  });

  test('labels that were checked are kept, in their files and from later runs', async () => {
    const options = optionsHere(format);
    await runWhole(options);
    const review = await Review.open(options.output);
    expect(review.pictures.map(({ file, boxes, reviewed }) => [file, boxes, reviewed])).toEqual([
      ['a.png', 1, false],
      ['b.png', 1, false],
      ['sub/c.png', 1, false],
      ['broken.png', 0, false],
      ['sub/empty.png', 0, false],
    ]);
    const [box] = review.boxes(1);
    expect(box).toMatchObject({ label: 'cat', score: 0.8765 });
    await review.save(1, [
      box,
      { label: 'a new one', box: { xmin: 50, ymin: 10, xmax: 70, ymax: 30 } },
    ]);
    await review.save(0, []);
    await review.save(4, [{ label: 'dog', box: { xmin: 1, ymin: 2, xmax: 30, ymax: 40 } }]);
    await expect(review.save(3, [])).rejects.toThrow(/broken\.png could not be read/);
    const check = async () => {
      const labels = new Map((await labelsOf(options)).map(({ file, boxes }) => [file, boxes]));
      expect(labels.get('a.png')).toEqual([]);
      expect(labels.get('b.png')!.map(({ label }) => label)).toEqual(['cat', 'a new one']);
      expect(labels.get('sub/empty.png')!.map(({ label }) => label)).toEqual(['dog']);
    };
    await check();
    const again = await Review.open(options.output);
    expect(again.pictures.filter(({ reviewed }) => reviewed).map(({ index }) => index)).toEqual([
      0, 1, 4,
    ]);
    expect(again.labels).toContain('a new one');
    // Neither the same run nor another one touches them.
    await runWhole(options);
    await check();
    const later = { ...options, definitions: labelDefinitions({ lines: ['cat', 'bird'] }) };
    await runWhole({ ...later, existing: 'replace' }, new FakeDetector(images, 'bird'));
    await check();
    expect((await labelsOf(options)).find(({ file }) => file === 'sub/c.png')!.boxes).toMatchObject(
      [{ label: 'bird' }],
    );
  });
});

test('comparing changes nothing, and counts', async () => {
  const options = optionsHere('coco');
  await runWhole(options);
  const before = filesOf(options.output);
  const other = { ...options, definitions: labelDefinitions({ lines: ['dog'] }) };
  const { result } = await runWhole(
    { ...other, existing: 'compare' },
    new FakeDetector(images, 'dog'),
  );
  expect(filesOf(options.output)['']).toBe(before['']);
  expect(filesOf(options.output)['manifest.jsonl']).toBe(before['manifest.jsonl']);
  const { labels } = summarize(result);
  expect(labels[0].comparison).toEqual({ agreed: 0, onlyFound: 0, onlyExisting: 0, otherLabel: 3 });
  expect(existsSync(join(result.folder, 'compared.html'))).toBe(true);
  // What the labels were made of is still known: neither run has to look again.
  expect((await runWhole(options)).looked).toEqual(['broken.png']);
  const same = await runWhole({ ...options, existing: 'compare' });
  expect(same.looked).toEqual(['broken.png']);
  expect(summarize(same.result).labels[0].comparison).toMatchObject({ agreed: 3, otherLabel: 0 });
  rmSync(options.output);
  await expect(runWhole({ ...other, existing: 'compare' })).rejects.toThrow(
    /no labels to compare with/,
  );
});

test('a run that was stopped is not mixed with another one', async () => {
  const options = optionsHere('coco');
  await PrelabelRun.open(options);
  const other = { ...options, definitions: labelDefinitions({ lines: ['bird'] }) };
  await expect(PrelabelRun.open(other)).rejects.toThrow(UserError);
  await expect(PrelabelRun.open(other)).rejects.toThrow(/was stopped/);
  await PrelabelRun.open({ ...other, fresh: true });
});

test('labels whose names differ only in the extension do not share what is beside them', async () => {
  const first = optionsHere('coco');
  await runWhole(first);
  const before = filesOf(first.output);
  for (const format of ['cvat', 'voc'] as const) {
    const { output: other } = optionsHere(format);
    const both = (error: Error) => {
      expect(error).toBeInstanceOf(UserError);
      expect(error.message).toContain(first.output);
      expect(error.message).toContain(`${other} would have the same`);
    };
    for (const more of [{ fresh: true }, { existing: 'compare' as const }, {}]) {
      await PrelabelRun.open(optionsHere(format, more)).then(
        () => expect('opened').toBe('refused'),
        both,
      );
    }
    await Review.open(other).then(() => expect('opened').toBe('refused'), both);
  }
  expect(filesOf(first.output)).toEqual(before);
  // Both may be called otherwise together.
  renameSync(first.output, `${output}-moved.json`);
  renameSync(`${output}.prelabel`, `${output}-moved.prelabel`);
  const again = { ...first, output: `${output}-moved.json` };
  expect((await runWhole(again)).looked).toEqual(['broken.png']);
  // The name is free then.
  await runWhole(optionsHere('cvat'));
});

test.each<[LabelFormatName, string]>([
  ['coco', '{"images": ['],
  ['label-studio', '[{"id": 1, "data": 5}]'],
  ['cvat', '<annotations><image'],
  ['fiftyone', '[]'],
  ['yolo', 'names: ['],
  ['voc', '<annotation>'],
  ['labelme', '{"shapes": 5}'],
])(
  'labels in %s that cannot be read are found before any picture is looked at',
  async (name, text) => {
    const format = labelFormat(name);
    for (const existing of ['add', 'compare'] as const) {
      const options = optionsHere(name, { existing });
      const path = options.output;
      rmSync(path, { recursive: true, force: true });
      const run = await PrelabelRun.open({ ...options, fresh: true });
      const missing = run.check();
      if (existing === 'add') await missing;
      else await expect(missing).rejects.toThrow(/has no labels to compare with/);
      if (format.folder) {
        writeFileSync(path, 'hi');
        await expect(run.check()).rejects.toThrow(/is a file; labels in the format/);
        rmSync(path);
        mkdirSync(path);
      }
      const file = name === 'yolo' ? 'data.yaml' : `a${format.extension}`;
      writeFileSync(format.folder ? join(path, file) : path, text);
      const unreadable = await run.check().catch((error: Error) => error);
      expect(unreadable).toBeInstanceOf(UserError);
    }
  },
);

describe.each<[LabelFormatName, string[], string[], RegExp]>([
  ['yolo', ['cr\rname.png'], ['cat'], /cr\\rname\.png.*Rename it/],
  ['yolo', ['sub/lf\nname.png'], ['cat'], /lf\\nname\.png.*Rename it/],
  ['yolo', ['a.jpg'], ['cat'], /a\.(png|jpg): another picture has the same name/],
  ['voc', ['esc\u001b.png'], ['cat'], /cannot hold the character U\+001b of "esc/],
  ['cvat', ['esc\u001b.png'], ['cat'], /cannot hold the character U\+001b of "esc/],
  ['voc', [], ['a\u0001b'], /cannot hold the character U\+0001/],
  ['cvat', [], ['a\u0001b'], /cannot hold the character U\+0001/],
  ['label-studio', [], ['a\u0001b'], /cannot hold the character U\+0001/],
  ['labelme', [`${'x'.repeat(251)}.png`], ['cat'], /longer than 255 bytes/],
])('%s: %j or the labels %j', (format, names, lines, message) => {
  test('are refused before any picture is looked at', async () => {
    const options = optionsHere(format, {
      files: [...files, ...names],
      definitions: labelDefinitions({ lines }),
    });
    const run = await PrelabelRun.open(options);
    await expect(run.check()).rejects.toThrow(message);
    await expect(run.check()).rejects.toThrow(UserError);
  });
});

test.each(labelFormatNames)('%s: names that it can hold are', async (format) => {
  const names = [
    'l\u2028s.png',
    '\u202eabc.png',
    'a\'"<&>.png',
    'b # c: [x].png',
    '-.png',
    ' .png',
  ];
  await (await PrelabelRun.open(optionsHere(format, { files: [...files, ...names] }))).check();
});

describe('a damaged state is told, with its file:', () => {
  test.each<[string, string | null, RegExp]>([
    ['pictures-1-of-1.jsonl', '{"file":5}\n', /jsonl: line 1 is broken|holds what was found with/],
    ['pictures-1-of-1.jsonl', null, /pictures-1-of-1\.jsonl: it is a folder/],
    ['run.json', null, /run\.json: it is a folder/],
    ['manifest.jsonl', null, /manifest\.jsonl: it is a folder/],
    ['manifest.jsonl', '{"fgdet":', /manifest\.jsonl: line 1 is not valid JSON/],
    ['before.jsonl', null, /before\.jsonl: it is a folder/],
    ['before.jsonl', '', /before\.jsonl is empty/],
    ['before.jsonl', '5', /before\.jsonl: line 1 is not what labels have in common/],
    ['before.jsonl', '{"categories":[]}\n{"file":"a', /before\.jsonl: line 2 is not valid JSON/],
    ['reviewed.jsonl', null, /read .*reviewed\.jsonl|EISDIR|it is a folder/],
  ])('%s of %j', async (name, content, message) => {
    const options = optionsHere('coco');
    await runWhole(options);
    const path = join(`${output}.prelabel`, name);
    rmSync(path, { recursive: true, force: true });
    if (content === null) mkdirSync(path);
    else writeFileSync(path, content);
    await expect(runWhole(options)).rejects.toThrow(message);
  });

  test.each([
    '5',
    'null',
    '{"file":"a.png","width":1,"height":2,"boxes":5}',
    '{"file":"a.png","width":1,"height":2,"boxes":[{"label":1}]}',
  ])('a line %s of the journal', async (line) => {
    const options = optionsHere('coco');
    await runWhole(options);
    writeFileSync(join(`${output}.prelabel`, 'pictures-1-of-1.jsonl'), `${line}\n`, { flag: 'a' });
    await expect(runWhole(options)).rejects.toThrow(/jsonl: line \d+ is broken/);
  });
});

test('labels that are a link stay one', async () => {
  const options = optionsHere('coco');
  const real = `${output}-real.json`;
  writeFileSync(real, '{"images": [], "categories": [], "annotations": []}');
  symlinkSync(real, options.output);
  await runWhole(options);
  expect(lstatSync(options.output).isSymbolicLink()).toBe(true);
  expect(readFileSync(real, 'utf8')).toContain('a.png');
});

test('what the format cannot hold of labels that were there is told', async () => {
  const options = optionsHere('coco');
  const set = {
    images: [{ id: 1, file_name: 'a.png', width: 120, height: 80 }],
    categories: [{ id: 1, name: 'cat' }],
    annotations: [{ id: 1, image_id: 1, category_id: 1, bbox: [9, 9, 0, 20] }],
  };
  writeFileSync(options.output, JSON.stringify(set));
  const { result } = await runWhole(options);
  expect(result.notes).toEqual(['1 box without an area left out.']);
});

test('labels of other pictures are not taken for those of this folder', async () => {
  const options = optionsHere('coco');
  const set = { categories: [], images: [{ file: 'x.png', width: 9, height: 9, boxes: [] }] };
  await labelFormat('coco').write(set, options.output);
  await expect(runWhole(options)).rejects.toThrow(
    /none for a picture of .*Is this the right folder/,
  );
});

test('a picture that was mended is looked at, and no longer failed', async () => {
  const options = optionsHere('yolo');
  await runWhole(options);
  const file = join(images, 'broken.png');
  await sharp(join(images, 'a.png')).toFile(file);
  try {
    const { looked, result } = await runWhole(options);
    expect(looked).toEqual(['broken.png']);
    expect(summarize(result)).toMatchObject({ found: 4, failed: { count: 0 } });
    expect(existsSync(join(options.output, 'labels/broken.txt'))).toBe(true);
  } finally {
    writeFileSync(file, 'no picture');
  }
});

test('the report shows what was found, what was not and what could not be read', async () => {
  const lines = ['cat', 'dog', '<b>"odd"</b>'];
  const options = optionsHere('coco', { definitions: labelDefinitions({ lines }) });
  const { result } = await runWhole(options);
  const page = readFileSync(join(result.folder, 'report.html'), 'utf8');
  expect(page).toContain('&lt;b&gt;&quot;odd&quot;&lt;/b&gt;');
  expect(page).not.toContain('<b>"odd"');
  expect(page).toMatch(/broken\.png.*this is not a picture/s);
  expect(page.match(/<image href="data:image\/jpeg;base64,/g)).toHaveLength(3);
  // Nothing is fetched.
  expect(page).not.toMatch(/(src|href)="(?!data:)/);
  const report = summarize(result);
  expect(report).toMatchObject({
    pictures: 5,
    found: 3,
    boxes: 3,
    empty: { files: ['sub/empty.png'] },
  });
  expect(report.labels[0].histogram[17]).toBe(3);
});
