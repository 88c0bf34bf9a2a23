import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  labelDefinitions,
  parseLabelLine,
  readLabelDefinitions,
} from '../../../app/prelabel/labelDefinitions.js';
import { UserError } from '../../../src/errors.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fgdet-labels-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe('a label on a line', () => {
  test.each([
    ['dog', { name: 'dog', phrasings: ['dog'] }],
    [
      ' person:  a person | pedestrian|worker ',
      { name: 'person', phrasings: ['a person', 'pedestrian', 'worker'] },
    ],
    ['猫：一只猫｜猫咪＠0.4', { name: '猫', phrasings: ['一只猫', '猫咪'], threshold: 0.4 }],
    ['worker|builder', { name: 'worker', phrasings: ['worker', 'builder'] }],
    ['sofa | couch @0.4', { name: 'sofa', phrasings: ['sofa', 'couch'], threshold: 0.4 }],
    [
      'wheel: a wheel | examples:wheel.json @ 0.5',
      { name: 'wheel', phrasings: ['a wheel'], exampleFiles: ['wheel.json'], threshold: 0.5 },
    ],
    ['sofa | examples: s.json', { name: 'sofa', phrasings: ['sofa'], exampleFiles: ['s.json'] }],
    ['轮子：examples：轮.json', { name: '轮子', phrasings: [], exampleFiles: ['轮.json'] }],
    ['Sign: a sign: stop @ 1', { name: 'Sign', phrasings: ['a sign: stop'], threshold: 1 }],
  ])('%s', (line, expected) => {
    expect(parseLabelLine(line)).toEqual(expected);
  });

  test.each([
    'examples:wheel.json',
    'wheel: examples:',
    '',
    ':',
    'person:',
    ': a person',
    '| |',
    'dog @ 2',
    'dog @',
    'dog @ high',
  ])('"%s" is none', (line) => {
    expect(() => parseLabelLine(line)).toThrow(UserError);
  });
});

describe('labels of a file', () => {
  const labelsOf = (name: string, content: string) =>
    readLabelDefinitions(file(name, content)).labels;

  test('files of examples are beside the file', () => {
    const [wheel] = labelsOf('examples.txt', 'wheel: examples:looks/wheel.json\n');
    expect(wheel.exampleFiles).toEqual([join(folder, 'looks/wheel.json')]);
  });

  test('lines of text', () => {
    const found = labelsOf('labels.txt', '# mine\r\nperson: a person | pedestrian @ 0.4\n\ndog\n');
    expect(found).toEqual([
      { name: 'person', phrasings: ['a person', 'pedestrian'], threshold: 0.4 },
      { name: 'dog', phrasings: ['dog'] },
    ]);
  });

  test("YOLO's names, as a list or by number, whatever YAML makes of such words", () => {
    const expected = [
      { name: 'fire_hydrant', id: 0, phrasings: ['fire hydrant'] },
      { name: 'no', id: 2, phrasings: ['no'] },
    ];
    expect(labelsOf('a.yaml', 'train: images\nnames:\n  0: fire_hydrant\n  2: no\n')).toEqual(
      expected,
    );
    const list = labelsOf('b.yml', 'names: [fire_hydrant, "1"]');
    expect(list.map(({ name, id }) => [name, id])).toEqual([
      ['fire_hydrant', 0],
      ['1', 1],
    ]);
  });

  test("COCO's categories keep their numbers", () => {
    const categories = [
      { id: 7, name: 'cat', supercategory: 'animal' },
      { id: 3, name: 'dog' },
    ];
    const expected = [
      { name: 'cat', id: 7, phrasings: ['cat'] },
      { name: 'dog', id: 3, phrasings: ['dog'] },
    ];
    expect(labelsOf('a.json', JSON.stringify({ images: [{}], categories }))).toEqual(expected);
    expect(labelsOf('b.json', JSON.stringify(categories))).toEqual(expected);
    expect(labelsOf('c.json', '["cat"]')).toEqual([{ name: 'cat', phrasings: ['cat'] }]);
  });

  test("Label Studio's labelling config", () => {
    const xml = `<View><Image name="i" value="$u"/><RectangleLabels name="r" toName="i" model_score_threshold="0.2">
      <Label value="Person" predicted_values="a person,pedestrian"/><Label value="fire_hydrant" model_score_threshold="0.9"/>
      </RectangleLabels></View>`;
    expect(readLabelDefinitions(file('config.xml', xml))).toMatchObject({
      labels: [
        { name: 'Person', phrasings: ['a person', 'pedestrian'], threshold: 0.2 },
        { name: 'fire_hydrant', phrasings: ['fire hydrant'], threshold: 0.9 },
      ],
      labelStudio: { fromName: 'r', toName: 'i', imageField: 'u' },
    });
  });

  test('a labelling config with several tags for boxes of its picture', () => {
    const xml = `<View><Image name="i" value="$u"/>
      <RectangleLabels name="r" toName="i"><Label value="cat"/></RectangleLabels>
      <Rectangle name="draw" toName="i"/>
      <Labels name="l" toName="i" model_score_threshold="0.4"><Label value="dog"/><Label value="cat"/></Labels></View>`;
    const { labels, labelStudio } = readLabelDefinitions(file('tags.xml', xml));
    expect(labels).toEqual([
      { name: 'cat', phrasings: ['cat'] },
      { name: 'dog', phrasings: ['dog'], threshold: 0.4 },
    ]);
    expect(labelStudio).toEqual({
      ...{ fromName: 'r', toName: 'i', imageField: 'u' },
      furtherTags: [{ fromName: 'l', rectangle: 'draw', labels: ['dog'] }],
    });
  });

  const twoPictures = ['one', 'two'].map(
    (
      name,
    ) => `<Image name="${name}" value="$${name}"/><RectangleLabels name="of ${name}" toName="${name}">
      <Label value="cat"/></RectangleLabels>`,
  );

  test.each([
    ['two.xml', `<View>${twoPictures.join('')}</View>`, /labels for the pictures one and two/],
    ['a.txt', 'dog\ndog\n', /"dog" twice/],
    ['b.txt', '# nothing\n', /no labels/],
    ['c.txt', 'dog @ 7', /c\.txt: The threshold/],
    ['d.txt', 'dog @ 0x1', /d\.txt: The threshold/],
    ['e.txt', 'dog @ ', /e\.txt: The threshold/],
    ['half.json', '["dog", "\\ud83d"]', /half\.json is not valid JSON: \[1\] has half a character/],
    ['a.yaml', 'nc: 3', /a\.yaml is not a YOLO data\.yaml: names: must be a list/],
    ['b.yaml', 'names: [a', /b\.yaml is not valid YAML/],
    ['c.yaml', 'names: {a: b}', /names go by numbers/],
    ['d.json', '{"images": []}', /no "categories"/],
    ['e.json', '[{"id": 1}]', /e\.json: \[0\] is not a category: name: is missing/],
    ['f.json', '[', /f\.json is not valid JSON/],
  ])('%s: %s', (name, content, message) => {
    const read = () => readLabelDefinitions(file(name, content));
    expect(read).toThrow(UserError);
    expect(read).toThrow(message);
  });

  test('a file that is missing', () => {
    expect(() => readLabelDefinitions(join(folder, 'none.txt'))).toThrow(/none\.txt/);
    expect(() => readLabelDefinitions(join(folder, 'none.json'))).toThrow(/none\.json/);
  });
});

test('lines come after those of a file, or say more of them', () => {
  const categories = file('two.json', '[{"id": 5, "name": "person"}, {"id": 2, "name": "dog"}]');
  const { labels } = labelDefinitions({
    file: categories,
    lines: ['person: pedestrian @ 0.1', 'cat'],
  });
  expect(labels).toEqual([
    { name: 'person', id: 5, phrasings: ['pedestrian'], threshold: 0.1 },
    { name: 'dog', id: 2, phrasings: ['dog'] },
    { name: 'cat', phrasings: ['cat'] },
  ]);
  expect(() => labelDefinitions({})).toThrow(/no labels/);
  for (const line of ['caf\ufffd', 'a: dog|\ud83d']) {
    expect(() => labelDefinitions({ lines: [line] })).toThrow(/The label .* is no valid text/);
  }
});
