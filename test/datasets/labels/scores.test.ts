import { join } from 'node:path';
import { type LabelFormatName, labelFormat } from '../../../datasets/labels/formats.js';
import { filesOf } from './writtenFiles.js';

/** A file in which the boxes of a picture have these scores, as JSON or a text has them. */
type FileOf = (scores: readonly string[]) => string;

const coco: FileOf = (scores) =>
  `{"images": [{"id": 1, "file_name": "a.jpg", "width": 40, "height": 30}], "categories": [{"id": 1, "name": "cat"}],
  "annotations": [${scores.map((score, i) => `{"id": ${i}, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "score": ${score}}`)}]}`;
const fiftyone: FileOf = (scores) =>
  `{"classes": ["cat"], "pictures": [{"key": "a", "file": "a.jpg", "width": 40, "height": 30}], "labels": {"a":
  [${scores.map((score) => `{"label": 0, "bounding_box": [0.1, 0.1, 0.2, 0.2], "confidence": ${score}}`)}]}}`;
const labelme: FileOf = (scores) =>
  `{"imagePath": "a.jpg", "imageWidth": 40, "imageHeight": 30, "shapes": [${scores.map(
    (score) =>
      `{"label": "cat", "shape_type": "rectangle", "points": [[1, 2], [3, 4]], "score": ${score}}`,
  )}]}`;
const described: FileOf = (scores) =>
  labelme(scores.map((score) => `null, "description": ${JSON.stringify(`{"score": ${score}}`)}`));
const labelStudio: FileOf = (scores) =>
  `[{"data": {"image": "a.jpg"}, "predictions": [{"result": [${scores.map(
    (score, i) =>
      `{"id": "r${i}", "type": "rectanglelabels", "from_name": "label", "to_name": "image", "original_width": 40,
      "original_height": 30, "score": ${score}, "value": {"x": 1, "y": 2, "width": 3, "height": 4, "rotation": 0,
      "rectanglelabels": ["cat"]}}`,
  )}]}]}]`;
const cvat: FileOf = (scores) =>
  `<annotations><image id="0" name="a.jpg" width="40" height="30">${scores
    .map(
      (score) =>
        `<box label="cat" xtl="1" ytl="2" xbr="3" ybr="4"><attribute name="score">${score}</attribute></box>`,
    )
    .join('')}</image></annotations>`;

const formats: [name: string, LabelFormatName, file: string, FileOf][] = [
  ['COCO', 'coco', 'a.json', coco],
  ['FiftyOne', 'fiftyone', 'a.json', fiftyone],
  ['labelme', 'labelme', 'a.json', labelme],
  ['a description of labelme', 'labelme', 'a.json', described],
  ['Label Studio', 'label-studio', 'a.json', labelStudio],
  ['CVAT', 'cvat', 'a.xml', cvat],
];

async function read(format: LabelFormatName, name: string, text: string) {
  const set = await labelFormat(format).read(join(filesOf({ [name]: text }), name));
  return { set, scores: [...set.images].flatMap(({ boxes }) => boxes.map(({ score }) => score)) };
}

describe.each(formats)('%s:', (_name, format, file, fileOf) => {
  test('what is no score is told, and stays as it is', async () => {
    const texts = format === 'cvat' ? ['good', '0x1', 'Infinity'] : ['"0.5"', '"high"', '[0.5]'];
    const given = ['0.5', ...texts, '1.5', '-0.1'];
    const { set, scores } = await read(format, file, fileOf(given));
    expect(scores).toEqual([0.5, ...Array(5).fill(undefined)]);
    expect(set.notes).toEqual(['5 scores not read: a score is a number from 0 to 1.']);
    const output = join(filesOf({}), format === 'labelme' ? 'out' : file);
    await labelFormat(format).write(set, output);
    const written = format === 'labelme' ? join(output, 'a.json') : output;
    const again = await labelFormat(format).read(written);
    expect(again.notes).toEqual(set.notes);
  });

  test('none at all is nothing to tell', async () => {
    if (format === 'cvat') return;
    const { set, scores } = await read(format, file, fileOf(['null', '1', '0']));
    expect(scores).toEqual([undefined, 1, 0]);
    expect(set.notes).toBeUndefined();
  });
});

test.each(formats.filter(([name]) => !/CVAT|description/.test(name)))(
  '%s: a score too large to be held is refused with its place',
  async (_name, format, file, fileOf) => {
    for (const score of ['1e999', '-1e999', '9'.repeat(400)]) {
      await expect(read(format, file, fileOf(['0.5', score]))).rejects.toThrow(
        /a\.json is not valid JSON: .*(score|confidence) is too large a number/,
      );
    }
  },
);
