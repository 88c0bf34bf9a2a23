import { expect, test } from '@jest/globals';
import { parseLabelStudioConfig } from '../../../datasets/labels/labelStudioConfig.js';
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
    ...{ fromName: 'kind', toName: 'img', imageField: 'photo', threshold: 0.3 },
    labels: [
      { label: 'Person "x"', phrasings: ['a person', 'pedestrian'] },
      { label: '1', phrasings: ['1'], threshold: 0.7 },
    ],
  });
});

test.each([
  ['<View>', /^c\.xml, line 1: it is not valid XML/],
  ['', /^c\.xml, line 1: it is not valid XML/],
  ['<View><Image name="a" value="$a"/></View>', /no RectangleLabels/],
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
