import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labelDefinitions } from '../../../app/prelabel/labelDefinitions.js';
import type { PrelabelOptions } from '../../../app/prelabel/prelabel.js';
import { Review } from '../../../app/prelabel/review.js';
import { files, makePictures, optionsOf, runWhole } from './fakeDetector.js';

let folder: string;
let images: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fgdet-tasks-'));
  images = join(folder, 'photos');
  await makePictures(images);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let outputs = 0;
let output: string;
beforeEach(() => {
  output = join(folder, `tasks-${outputs++}`);
});

const tasksHere = (more: Partial<PrelabelOptions> = {}) =>
  optionsOf('label-studio', { images, output, ...more });

const project = `<View><Image name="photo" value="$url"/><RectangleLabels name="kind" toName="photo">
  <Label value="cat" background="red" predicted_values="kitten" model_score_threshold="0.3"/>
  </RectangleLabels><Choices name="ok" toName="photo"><Choice value="yes"/></Choices></View>`;

test('a run with the config that a run wrote asks the same', async () => {
  const options = tasksHere();
  const lines = ['cat: a cat | a small, grey cat @ 0.5', 'dog'];
  const definitions = labelDefinitions({ lines });
  const first = await runWhole({ ...options, definitions, detect: { threshold: 0.2 } });
  const file = `${output}.config.xml`;
  const again = labelDefinitions({ file });
  expect(again.labels).toEqual([
    { ...definitions.labels[0], threshold: 0.5 },
    { ...definitions.labels[1], threshold: 0.2 },
  ]);
  const other = `${output}-again.json`;
  const second = await runWhole({ ...options, output: other, definitions: again });
  expect(second.asked[0]).toEqual(first.asked[0]);
  expect(readFileSync(`${output}-again.config.xml`, 'utf8')).toBe(readFileSync(file, 'utf8'));
});

test("the config that is written is the project's", async () => {
  const file = `${output}-project.xml`;
  writeFileSync(file, project);
  const definitions = labelDefinitions({ file, lines: ['dog: a dog @ 0.7'] });
  await runWhole(tasksHere({ definitions }));
  const config = readFileSync(`${output}.config.xml`, 'utf8');
  expect(config).toContain('<Choice value="yes"/>');
  expect(config).toContain(
    '<Label value="cat" background="red" predicted_values="kitten" model_score_threshold="0.3"/>',
  );
  expect(config).toContain(
    '<Label value="dog" predicted_values="a dog" model_score_threshold="0.7"/>',
  );
  const [task] = JSON.parse(readFileSync(`${output}.json`, 'utf8'));
  expect(Object.keys(task.data)).toEqual(['url']);
  expect(task.predictions[0].result[0]).toMatchObject({ from_name: 'kind', to_name: 'photo' });
});

test('boxes are of the tag that has their label', async () => {
  const file = `${output}-tags.xml`;
  const tag = (name: string, label: string) =>
    `<RectangleLabels name="${name}" toName="photo"><Label value="${label}"/></RectangleLabels>`;
  const tags = `${tag('wild', 'fox')}${tag('tame', 'cat')}`;
  writeFileSync(file, `<View><Image name="photo" value="$url"/>${tags}</View>`);
  const options = tasksHere({ definitions: labelDefinitions({ file }) });
  const names = async () => {
    const task = JSON.parse(readFileSync(`${output}.json`, 'utf8'))[0];
    const regions = [...(task.predictions ?? []), ...(task.annotations ?? [])];
    return regions.flatMap(({ result }) => result).map((region) => region.from_name);
  };
  const { asked } = await runWhole(options);
  expect(asked[0]).toMatchObject([{ label: 'fox' }, { label: 'cat' }]);
  expect(await names()).toEqual(['tame']);
  const review = await Review.open(options.output);
  await review.save(0, [{ label: 'fox', box: { xmin: 1, ymin: 1, xmax: 9, ymax: 9 } }]);
  expect(await names()).toEqual(['wild']);
});

test('of an export get predictions, and what is not read is told', async () => {
  const skipped = { was_cancelled: true, result: [] };
  const tasks = [
    {
      id: 1,
      data: { image: '/data/upload/3/8ef48128-a.png' },
      annotations: [],
      predictions: [4],
    },
    { id: 2, data: { image: '/data/upload/3/18c3dd52-b.png' }, annotations: [skipped] },
    { id: 3, data: { image: '/data/upload/3/gone.png' }, annotations: [{ result: [] }] },
  ];
  const options = tasksHere({ files: files.slice(0, 2) });
  writeFileSync(options.output, JSON.stringify(tasks));
  const { result } = await runWhole(options);
  expect(result.notes).toEqual([
    'Not read as labels: 1 skipped annotation.',
    `1 picture without boxes left out, not in ${images}: data/upload/3/gone.png.`,
  ]);
  const after = JSON.parse(readFileSync(options.output, 'utf8'));
  expect(after.map(({ id }: { id: number }) => id)).toEqual([1, 2, 3]);
  expect(after[0]).toMatchObject({ prediction_ids: [4], predictions: [{ score: 0.8765 }] });
  expect(after[1]).toMatchObject({ annotations: [skipped], predictions: [{ score: 0.8765 }] });
  expect(after[2]).toEqual(tasks[2]);
  const before = readFileSync(options.output, 'utf8');
  await runWhole(options);
  expect(readFileSync(options.output, 'utf8')).toBe(before);
  expect((await Review.open(options.output)).notes).toContain(
    'Not read as labels: 1 skipped annotation.',
  );
});

test('what is corrected on two days is one annotation', async () => {
  const options = tasksHere({ files: files.slice(0, 1) });
  await runWhole(options);
  const box = { xmin: 10, ymin: 10, xmax: 30, ymax: 30 };
  const moved = { ...box, xmax: 40 };
  for (const corrected of [
    [{ label: 'cat', box }],
    [{ label: 'cat', box: moved }],
    [
      { label: 'dog', box: moved },
      { label: 'cat', box },
    ],
    [{ label: 'dog', box: moved }],
  ]) {
    await (await Review.open(options.output)).save(0, corrected);
    const [{ annotations }] = JSON.parse(readFileSync(options.output, 'utf8'));
    expect(annotations).toHaveLength(1);
    const labels = annotations[0].result.map(
      ({ value }: { value: { rectanglelabels: string[] } }) => value.rectanglelabels[0],
    );
    expect(labels.sort()).toEqual(corrected.map(({ label }) => label).sort());
  }
});

test("a person's annotation that is corrected keeps what else it says", async () => {
  const options = tasksHere({ files: files.slice(0, 1) });
  const region = {
    ...{ id: 'r1', type: 'rectanglelabels', from_name: 'label', to_name: 'image' },
    ...{ original_width: 120, original_height: 80 },
    value: { x: 10, y: 10, width: 20, height: 20, rotation: 0, rectanglelabels: ['cat'] },
  };
  const other = {
    ...region,
    id: 'r2',
    value: { ...region.value, x: 60, rectanglelabels: ['bird'] },
  };
  const annotations = [
    { id: 6, completed_by: 1, result: [region] },
    { id: 7, completed_by: 2, result: [other] },
  ];
  writeFileSync(options.output, JSON.stringify([{ data: { image: 'a.png' }, annotations }]));
  await runWhole(options);
  const review = await Review.open(options.output);
  const [kept] = review.boxes(0);
  await review.save(0, [kept, { label: 'dog', box: { xmin: 1, ymin: 1, xmax: 9, ymax: 9 } }]);
  const [task] = JSON.parse(readFileSync(options.output, 'utf8'));
  expect(task.annotations).toMatchObject([
    annotations[0],
    { id: 7, completed_by: 2, result: [{ value: { rectanglelabels: ['dog'] } }] },
  ]);
  expect(task.annotations[1].result).toHaveLength(1);
});
