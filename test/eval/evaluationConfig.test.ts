import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEvaluationConfig } from '../../eval/evaluationConfig.js';
import { UserError } from '../../src/errors.js';
import { packageRoot } from '../../src/files/packageRoot.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-evaluation-'));
afterAll(() => rmSync(folder, { recursive: true }));

const boxes = { task: 'boxes', annotations: 'a.json', images: 'images' };

function read(content: unknown) {
  const file = join(folder, 'mine.json');
  writeFileSync(file, JSON.stringify(content));
  return readEvaluationConfig(file);
}

test('the configs of the package are good', () => {
  const configs = join(packageRoot, 'configs/evaluation');
  for (const name of readdirSync(configs)) readEvaluationConfig(join(configs, name));
});

test('defaults are filled in', () => {
  const retrieval = { task: 'retrieval', records: 'r.json', images: 'images' };
  expect(read({ tasks: { boxes, retrieval } }).tasks).toEqual({
    boxes: { ...boxes, templates: ['a photo of a {}'], leastSide: 0, without: [] },
    retrieval: { ...retrieval, length: 'long', format: 'finehard', split: 'test' },
  });
});

test.each<[string, object, RegExp]>([
  ['a task that is not there', { task: 'box' }, /tasks\.mine\.task: must be "boxes", "hard-neg/],
  ['no task', { task: undefined }, /tasks\.mine\.task: must be/],
  ['no annotations', { annotations: undefined }, /tasks\.mine\.annotations: is missing/],
  ['a misspelt field', { limmit: 3 }, /tasks\.mine\.limmit: there is no such field/],
  ['a template without a place', { templates: ['a'] }, /tasks\.mine\.templates\[0\]: a template/],
  ['templates of another kind', { templates: 3 }, /tasks\.mine\.templates: must be sentences/],
  ['a limit of none', { limit: 0 }, /tasks\.mine\.limit: /],
])('%s is named', (_, change, message) => {
  const bad = { tasks: { mine: { ...boxes, ...change } } };
  expect(() => read(bad)).toThrow(message);
  expect(() => read(bad)).toThrow(/mine\.json is not an evaluation config/);
  expect(() => read(bad)).toThrow(UserError);
});

test('a config must have tasks', () => {
  expect(() => read({ tasks: {} })).toThrow(/tasks: must name a task at least/);
});
