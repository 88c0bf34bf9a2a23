import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { labelFormat } from '../../../datasets/labels/formats.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-labels-'));
afterAll(() => rmSync(folder, { recursive: true }));

// As JSON has them: −0 is 0 there.
const value = fc.jsonValue({ maxDepth: 2 }).map((each) => JSON.parse(JSON.stringify(each)));
const fields = fc.dictionary(
  fc.string().map((key) => `x ${key}`),
  value,
  { maxKeys: 3, noNullPrototype: true },
);

const having = (own: object, others: object) => ({ ...own, ...others });

const point = fc.tuple(fc.integer({ min: 0, max: 99 }), fc.integer({ min: 0, max: 99 }));
const points = fc
  .array(point, { maxLength: 3 })
  .filter((all) => all.length !== 2 || (all[0][0] !== all[1][0] && all[0][1] !== all[1][1]));
const box = { label: 'a', group_id: null, description: '', shape_type: 'rectangle', flags: {} };
const answer = { id: 'r', type: 'rectanglelabels', from_name: 'f', to_name: 't' };
const size = { original_width: 100, original_height: 100, image_rotation: 0 };
const place = { x: 1, y: 2, width: 3, height: 4, rotation: 0 };

const contents: Record<string, fc.Arbitrary<unknown>> = {
  coco: fc.tuple(fields, fields, fields, fields).map(([a, b, c, d]) =>
    having(
      {
        images: [having({ id: 1, file_name: 'a', width: 9, height: 9 }, b)],
        categories: [having({ id: 1, name: 'a' }, c)],
        annotations: [
          having(
            {
              id: 1,
              image_id: 1,
              category_id: 1,
              bbox: [0, 1, 2, 3],
              area: 6,
              iscrowd: 0,
              segmentation: [],
            },
            d,
          ),
        ],
      },
      a,
    ),
  ),
  labelme: fc.tuple(fields, fields, points).map(([a, b, corners]) =>
    having(
      {
        ...{ version: '5.1.1', flags: {} },
        shapes: [having({ ...box, points: corners }, b)],
        ...{ imagePath: 'a.jpg', imageData: null, imageHeight: 100, imageWidth: 100 },
      },
      a,
    ),
  ),
  'label-studio': fc.tuple(fields, fields, fields, fields, fields).map(([a, b, c, d, e]) => [
    having(
      {
        data: having({ image: '/a.jpg' }, b),
        annotations: [
          having(
            {
              result: [
                having(
                  { ...answer, ...size, value: having({ ...place, rectanglelabels: ['a'] }, e) },
                  d,
                ),
              ],
            },
            c,
          ),
        ],
      },
      a,
    ),
  ]),
  fiftyone: fc.tuple(fields, fields).map(([a, b]) =>
    having(
      {
        classes: ['a'],
        labels: { a: [having({ label: 0, bounding_box: [0.1, 0.2, 0.3, 0.4] }, b)] },
        pictures: [{ key: 'a', file: 'a.jpg', width: 100, height: 100 }],
      },
      a,
    ),
  ),
};

test.each(Object.keys(contents))(
  '%s: fields that are not known are written again',
  async (name) => {
    const format = labelFormat(name);
    const read = join(folder, `${name}.json`);
    const written = format.folder
      ? join(folder, `${name} written`)
      : join(folder, `${name} written.json`);
    await fc.assert(
      fc.asyncProperty(contents[name], async (content) => {
        writeFileSync(read, JSON.stringify(content));
        await format.write(await format.read(read), written);
        const file = format.folder ? join(written, 'a.json') : written;
        expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(content);
      }),
      { numRuns: 50 },
    );
  },
);
