import { requestTarget } from '../requestTarget.js';
import { smallPictures } from '../seeds.js';

const { png, jpeg } = await smallPictures();
const base64 = png.toString('base64');
const dataUri = `data:image/jpeg;base64,${jpeg.toString('base64')}`;
const config =
  '<View><Image name="image" value="$image"/><RectangleLabels name="label" toName="image"><Label value="red cat"/></RectangleLabels></View>';
const found = {
  ...{ file: 'a.jpg', width: 8, height: 6 },
  detections: [{ label: 'cat', score: 0.5, box: { xmin: 0, ymin: 0, xmax: 2, ymax: 2 } }],
};

export const target = requestTarget('application/json', {
  '/v1/detect': [
    { images: [{ base64 }], prompts: ['red cat', { label: 'dog', phrasings: ['grey dog'] }] },
    {
      ...{ image: dataUri, prompts: ['red cat|cat'] },
      options: { threshold: 0.1, thresholds: { cat: 0.2 }, tiles: { size: 64, overlap: 0.1 } },
    },
  ],
  '/v1/embed': [{ texts: ['a cat'], image: { base64 } }],
  '/v1/pictures': [{ image: { base64 } }],
  '/v1/labels': [
    { ...found, format: 'coco' },
    { ...found, format: 'label-studio', categories: ['cat', 'dog'] },
  ],
  '/predict': [
    {
      ...{ tasks: [{ id: 1, data: { image: dataUri } }], project: '1.2', label_config: config },
      params: { context: null },
    },
  ],
  '/setup': [{ project: '1.2', schema: config, hostname: 'http://localhost' }],
  '/webhook': [{ action: 'PROJECT_UPDATED', project: { id: 1, label_config: config } }],
});
