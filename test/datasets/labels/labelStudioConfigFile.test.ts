import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { labelFormat } from '../../../datasets/labels/formats.js';
import { parseLabelStudioConfig } from '../../../datasets/labels/labelStudioConfig.js';
import { labellingConfig } from '../../../datasets/labels/labelStudioConfigFile.js';
import { filesOf } from './writtenFiles.js';

const labelsOf = (xml: string) =>
  parseLabelStudioConfig(xml, 'c.xml').controls.map(({ labels }) => labels);

test('says what was looked for, also with commas, and reads it again', () => {
  const categories = [{ name: 'lit' }, { name: 'cat' }, { name: 'a "b" & c' }];
  const asked = [
    {
      label: 'lit',
      phrasings: ['a bed', 'a red, round thing', 'a back\\slash\\, too'],
      threshold: 0.4,
    },
    { label: 'cat', phrasings: ['cat'] },
  ];
  const xml = labellingConfig(categories, {}, { asked });
  expect(labelsOf(xml)).toEqual([
    [
      { label: 'lit', phrasings: asked[0].phrasings, threshold: 0.4 },
      { label: 'cat', phrasings: ['cat'] },
      { label: 'a "b" & c', phrasings: ['a "b" & c'] },
    ],
  ]);
  expect(xml).toContain('<Label value="cat"/>');
});

const project = `<View>
  <Style>.a { color: red }</Style>
  <Image name="photo" value="$url" zoom="true"/>
  <Rectangle name="draw" toName="photo"/>
  <Labels name="kind" toName="photo">
    <Label value="Cat" alias="cat" background="#f00" predicted_values="kitten" model_score_threshold="0.3"/>
    <Label value="dog" hotkey="d"/>
  </Labels>
  <Choices name="weather" toName="photo"><Choice value="sunny"/></Choices>
</View>`;

test("a project's config keeps all that it has, and gets what it lacks", () => {
  const categories = [{ name: 'cat' }, { name: 'dog' }, { name: 'bird' }];
  const asked = [{ label: 'dog', phrasings: ['a dog', 'a puppy'], threshold: 0.2 }];
  const given = { xml: project, where: 'c.xml' };
  const xml = labellingConfig(categories, { fromName: 'kind' }, { project: given, asked });
  expect(xml.replace(/\s*\n\s*/g, '')).toBe(
    project
      .replace(
        'hotkey="d"',
        'hotkey="d" predicted_values="a dog, a puppy" model_score_threshold="0.2"',
      )
      .replace('</Labels>', '<Label value="bird"/></Labels>')
      .replace(/\s*\n\s*/g, ''),
  );
});

test('a config without the tag is not taken for that of the project', () => {
  const given = { xml: project, where: 'c.xml' };
  const xml = labellingConfig([{ name: 'cat' }], {}, { project: given });
  expect(labelsOf(xml)).toEqual([[{ label: 'cat', phrasings: ['cat'] }]]);
  const pair = labellingConfig([{ name: 'cat' }], { rectangle: 'draw' });
  expect(parseLabelStudioConfig(pair, 'c.xml').controls).toMatchObject([{ rectangle: 'draw' }]);
});

test('that beside the tasks stays as it is when they are written again', async () => {
  const place = filesOf({ 'tasks.json': [], 'tasks.config.xml': project });
  const file = join(place, 'tasks.json');
  const format = labelFormat('label-studio');
  const set = await format.read(file);
  expect(set.categories).toEqual([{ name: 'cat' }, { name: 'dog' }]);
  await format.write(set, file, { labelStudio: { fromName: 'kind' } });
  const squeezed = (text: string) => text.replace(/\s*\n\s*/g, '');
  const after = readFileSync(join(place, 'tasks.config.xml'), 'utf8');
  expect(squeezed(after)).toBe(squeezed(project));
  expect(existsSync(file)).toBe(true);
});
