import { parseLabelStudioConfig } from '../../datasets/labels/labelStudioConfig.js';
import { labelsIn } from '../../datasets/labels/labelStudioConfigFile.js';
import type { FuzzTarget } from '../target.js';

const configs = [
  '<View><Image name="image" value="$image"/><RectangleLabels name="label" toName="image"><Label value="Cat" background="#f00" predicted_values="cat|kitten" score_threshold="0.5"/><Label value="Dog"/></RectangleLabels></View>',
  '<View><Header value="a &amp; b"/><Image name="i" valueList="$images"/><Rectangle name="r" toName="i"/><Labels name="l" toName="i"><Label value="x" alias="y"/></Labels><!-- c --><PolygonLabels name="p" toName="i"><Label value="z"/></PolygonLabels></View>',
];

export const target: FuzzTarget = {
  seeds: () => configs.map((xml) => Buffer.from(xml)),
  read(input) {
    const xml = Buffer.from(input).toString('utf8');
    parseLabelStudioConfig(xml, 'the config');
    labelsIn({ xml, where: 'the config' });
  },
};
