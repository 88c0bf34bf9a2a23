import { unzipSync } from 'fflate';
import { labelFormatNames } from '../../../datasets/labels/formats.js';
import { post, type TestServer, testServer } from './testServer.js';

let fake: TestServer;
beforeAll(() => {
  fake = testServer({});
});
afterAll(() => fake.server.close());

const found = {
  ...{ file: 'Straße 1.jpg', width: 640, height: 480, categories: ['cat', 'dog'] },
  detections: [{ label: 'cat', score: 0.87, box: { xmin: 64, ymin: 48, xmax: 320, ymax: 240 } }],
};
const ask = (body: object) => fake.server.inject(post('/v1/labels', body));

/** Texts of the files, by their paths. */
async function filesOf(format: string): Promise<Record<string, string>> {
  const { statusCode, headers, rawPayload } = await ask({ ...found, format });
  expect(statusCode).toBe(200);
  const disposition = String(headers['content-disposition']);
  const name = decodeURIComponent(disposition.split("filename*=UTF-8''")[1]);
  if (!name.endsWith('.zip')) return { [name]: rawPayload.toString('utf8') };
  const files = Object.entries(unzipSync(new Uint8Array(rawPayload)));
  return Object.fromEntries(
    files.map(([path, bytes]) => [path, Buffer.from(bytes).toString('utf8')]),
  );
}

describe('labels of a picture', () => {
  test.each(labelFormatNames)('as %s', async (format) => {
    const files = await filesOf(format);
    const all = Object.values(files).join('\n');
    expect(all).toMatch(format === 'yolo' ? /^0 0\.3(0*) 0\.3(0*) 0\.4(0*) 0\.4(0*)$/m : /cat/);
    // Again, the same bytes.
    expect(await filesOf(format)).toEqual(files);
  });

  test('have the right type and name', async () => {
    const coco = await ask({ ...found, format: 'coco' });
    expect(coco.headers['content-type']).toMatch(/^application\/json/);
    expect(JSON.parse(coco.body).annotations[0]).toMatchObject({
      bbox: [64, 48, 256, 192],
      score: 0.87,
    });
    const voc = await ask({ ...found, format: 'voc' });
    expect(voc.headers['content-type']).toMatch(/^application\/xml/);
    expect(voc.headers['content-disposition']).toContain('filename="Stra_e 1.xml"');
    const yolo = await ask({ ...found, format: 'yolo' });
    expect(yolo.headers['content-type']).toBe('application/zip');
  });

  test.each([
    { file: '../x.jpg' },
    { file: 'a/b.jpg' },
    { file: '..' },
    { file: '' },
    { file: 'a\ud83d.jpg' },
    { file: `${'é'.repeat(126)}.jpg` },
    { format: 'excel' },
    { width: 0 },
    { detections: [{ label: 'cat', box: { xmin: 1 } }] },
    { detections: [{ label: '', box: { xmin: 0, ymin: 0, xmax: 1, ymax: 1 } }] },
  ])('are refused where they make no sense: %j', async (wrong) => {
    const { statusCode, body } = await ask({ ...found, format: 'yolo', ...wrong });
    expect(statusCode).toBe(400);
    expect(JSON.parse(body).error.code).toBe('bad_request');
  });
});
