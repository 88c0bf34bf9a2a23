import {
  fieldOf,
  labelsIn,
  parseLabelStudioConfig,
  valueIn,
} from '../../../datasets/labels/labelStudioConfig.js';
import { UserError } from '../../../src/errors.js';

const config = (labels: string, control = '', image = 'value="$photo"') => `<View>
  <Header value="Draw &lt;boxes&gt;"/>
  <Image name="img" ${image} zoom="true"/>
  <View style="display: none"><RectangleLabels name="kind" toName="img" ${control}>${labels}</RectangleLabels></View>
</View>`;

test('labels, their phrasings and thresholds, and how tags are called', () => {
  const labels = `<Label value="Person &quot;x&quot;" predicted_values="a person, pedestrian" background="red"/>
    <Label value="1" model_score_threshold="0.7"/>`;
  const read = parseLabelStudioConfig(config(labels, 'model_score_threshold="0.3"'), 'c.xml');
  expect(read).toEqual({
    controls: [
      {
        ...{ fromName: 'kind', toName: 'img', image: '$photo', manyImages: false, threshold: 0.3 },
        labels: [
          { label: 'Person "x"', phrasings: ['a person', 'pedestrian'] },
          { label: '1', phrasings: ['1'], threshold: 0.7 },
        ],
      },
    ],
  });
});

test('every control that draws boxes, in the order of the config', () => {
  const { controls } = parseLabelStudioConfig(
    `<View>
      <Labels name="words" toName="text"><Label value="not for boxes"/></Labels>
      <Rectangle name="tool" toName="a"/>
      <Labels name="l" toName="a" model_score_threshold="0.2"><Label value="cat"/></Labels>
      <RectangleLabels name="r" toName="a,b"><View><Label value="dog"/></View></RectangleLabels>
      <RectangleLabels name="empty" toName="a"/>
      <PolygonLabels name="p" toName="a"><Label value="no box"/></PolygonLabels>
      <RectangleLabels name="task" toName="b" value="$options"/>
      <Labels name="without a tool" toName="b"><Label value="fish"/></Labels>
      <Image name="a" value="$left"/><Image name="b" valueList="$pages"/><Text name="text" value="$text"/>
    </View>`,
    'c.xml',
  );
  const left = { toName: 'a', image: '$left', manyImages: false };
  const pages = { toName: 'b', image: '$pages', manyImages: true };
  const dog = { fromName: 'r', labels: [{ label: 'dog', phrasings: ['dog'] }] };
  expect(controls).toEqual([
    {
      ...{ fromName: 'l', rectangle: 'tool', threshold: 0.2, ...left },
      labels: [{ label: 'cat', phrasings: ['cat'] }],
    },
    { ...dog, ...left },
    { ...dog, ...pages },
    { fromName: 'task', taskLabels: '$options', labels: [], ...pages },
  ]);
});

test('an alias is what is stored, and the value what is looked for', () => {
  const labels = '<Label value="a hard hat" alias="PPE-17"/><Label alias="cat"/>';
  expect(parseLabelStudioConfig(config(labels), 'c.xml').controls[0].labels).toEqual([
    { label: 'PPE-17', phrasings: ['a hard hat'] },
    { label: 'cat', phrasings: ['cat'] },
  ]);
});

test('labels that a task has', () => {
  const [control] = parseLabelStudioConfig(
    config('<Label value="cat" model_score_threshold="0.5"/>', 'value="$of.task"'),
    'c.xml',
  ).controls;
  const options = [
    { value: 'a dog', alias: 'D', background: 'red', model_score_threshold: 0.25 },
    { value: 'cat' },
    'fish',
  ];
  const cat = { label: 'cat', phrasings: ['cat'], threshold: 0.5 };
  expect(labelsIn({ of: { task: options } }, control, 'task 1')).toEqual([
    cat,
    { label: 'D', phrasings: ['a dog'], threshold: 0.25 },
    { label: 'fish', phrasings: ['fish'] },
  ]);
  expect(labelsIn({}, control, 'task 1')).toEqual([cat]);
  for (const task of ['cat', [{}], [7], [null], [{ value: 'a', model_score_threshold: 'x' }]]) {
    expect(() => labelsIn({ of: { task } }, control, 'task 1')).toThrow(UserError);
    expect(() => labelsIn({ of: { task } }, control, 'task 1')).toThrow('task 1');
  }
});

test.each<[string, unknown, string | undefined]>([
  ['$image', 'a.jpg', 'image'],
  ['$pages[1].url', 'two.jpg', undefined],
  ['https://host/$image?n=$number', 'https://host/a.jpg?n=7', undefined],
  ['$pages', [{ url: 'one.jpg' }, { url: 'two.jpg' }], 'pages'],
  ['$missing', undefined, 'missing'],
  ['$image.missing', undefined, undefined],
  ['$constructor', undefined, 'constructor'],
  ['x$missing', 'x', undefined],
])("%s of a task's data", (attribute, value, field) => {
  const data = { image: 'a.jpg', number: 7, pages: [{ url: 'one.jpg' }, { url: 'two.jpg' }] };
  expect(valueIn(data, attribute)).toEqual(value);
  expect(fieldOf(attribute)).toBe(field);
});

test.each([
  ['<View>', /^c\.xml, line 1: it is not valid XML/],
  ['', /^c\.xml, line 1: it is not valid XML/],
  ['<View><Image name="a" value="$a"/></View>', /no RectangleLabels/],
  ['<View/>', /no RectangleLabels/],
  [
    '<View><Image name="a" value="$a"/><Labels name="l" toName="a"><Label value="a"/></Labels></View>',
    /no RectangleLabels, nor Labels with a Rectangle/,
  ],
  [config('<Label value="a"/>', '', 'value="photo"'), /must be a field: value="\$image"/],
  [config(''), /has no Label/],
  [config('<Label/>'), /a Label has no "value"/],
  [config('<Label value="a" model_score_threshold="high"/>'), /"high"; it must be from 0 to 1/],
  [config('<Label value="a"/>').replace('toName="img"', 'toName="other"'), /name of an Image/],
])('what cannot be read is told: %#', (xml, message) => {
  const read = () => parseLabelStudioConfig(xml, 'c.xml');
  expect(read).toThrow(UserError);
  expect(read).toThrow(message);
});

test('a tag for many Images shares its labels among them, and names each once', () => {
  const count = 2000;
  const names = Array.from({ length: count }, (_, i) => `i${i}`);
  const images = names.map((name) => `<Image name="${name}" value="$image"/>`).join('');
  const labels = '<Label value="a"/>'.repeat(count);
  const toName = [...names, ...names].join(',');
  const { controls } = parseLabelStudioConfig(
    `<View>${images}<RectangleLabels name="r" toName="${toName}">${labels}</RectangleLabels></View>`,
    'config.xml',
  );
  expect(controls).toHaveLength(count);
  expect(new Set(controls.map((control) => control.labels)).size).toBe(1);
});
