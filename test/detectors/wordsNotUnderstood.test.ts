import { parsePrompts } from '../../detectors/prompts.js';
import { wordsNotUnderstood } from '../../detectors/wordsNotUnderstood.js';

const adviceOn = (...prompts: string[]) => wordsNotUnderstood(parsePrompts(prompts));

test.each([
  ['a cup without a handle', '--negative'],
  ['a person not wearing a hat', '--negative'],
  ['a road with no cars', '--negative'],
  ['the cup left of the plate', 'coordinates'],
  ['the leftmost car', 'coordinates'],
  ['the dog on the right', 'coordinates'],
  ['three dogs', 'count'],
  ['2 red cups', 'count'],
  ['没有把手的杯子', '--negative'],
  ['左边的狗', 'coordinates'],
  ['两只狗', 'count'],
])('%s: the recipe is told', (prompt, recipe) => {
  const [advice, ...others] = adviceOn('a dog', prompt);
  expect(others).toEqual([]);
  expect(advice.label).toBe(prompt);
  expect(advice.message).toContain(recipe);
});

test.each([
  'a no entry sign',
  'no smoking signs',
  'a notebook',
  'a left shoe',
  'a right-hand glove',
  'a knot',
  'a two-seater',
  'a phone',
  'a 7up can',
  'one dog',
  '一只狗',
])('%s is a thing', (prompt) => {
  expect(adviceOn(prompt)).toEqual([]);
});

test('each kind is told once, for the first that has it', () => {
  const labels = adviceOn('a cup without a lid', 'a pot without a lid', 'two pots|pots').map(
    ({ label }) => label,
  );
  expect(labels).toEqual(['a cup without a lid', 'two pots']);
});
