import { picture, post, postForm, type TestServer, testServer } from './testServer.js';

let fake: TestServer;
let file: Buffer;

beforeAll(async () => {
  fake = testServer({ limits: { keptPictures: 2, keptMs: 1000 } });
  file = await picture();
});

afterAll(() => fake.server.close());

const keep = async (): Promise<string> => {
  const image = { base64: file.toString('base64') };
  const answer = await fake.server.inject(post('/v1/pictures', { image }));
  expect(answer.statusCode).toBe(201);
  const { id, ...size } = answer.json();
  expect(size).toEqual({ width: 320, height: 240 });
  return id;
};
const ask = (id: string, what: string, payload: object) =>
  fake.server.inject(post(`/v1/pictures/${id}/${what}`, payload));

describe('a kept picture', () => {
  test('is encoded once and asked again and again', async () => {
    const id = await keep();
    const views = fake.model.encodedSizes.length;
    for (const label of ['red cat', 'grey dog']) {
      const answer = await ask(id, 'detect', { prompts: [label], options: { threshold: 0.4 } });
      expect(answer.json()).toEqual({
        ...{ width: 320, height: 240 },
        detections: expect.arrayContaining([expect.objectContaining({ label })]),
        advice: [],
      });
    }
    expect(fake.model.encodedSizes).toHaveLength(views);
  });

  test('shows where a phrase is', async () => {
    const { rows, columns, map } = (
      await ask(await keep(), 'heatmap', { phrase: 'red cat' })
    ).json();
    expect(map).toHaveLength(rows * columns);
    expect(Math.min(...map)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...map)).toBeLessThanOrEqual(1);
    const at = (x: number, y: number) =>
      map[Math.floor(y * rows) * columns + Math.floor(x * columns)];
    expect(at(0.25, 0.4)).toBeGreaterThan(at(0.95, 0.95));
  });

  test('says what a region looks like', async () => {
    const box = { xmin: 32, ymin: 36, xmax: 128, ymax: 144 };
    const { lookAlikes } = (await ask(await keep(), 'look-alikes', { box, count: 3 })).json();
    expect(lookAlikes).toHaveLength(3);
    expect(lookAlikes[0]).toEqual({ name: 'cat', probability: expect.any(Number) });
  });

  test('may come in a form, and be forgotten', async () => {
    const image = { name: 'image', content: file, filename: 'a.png' };
    const { id } = (await fake.server.inject(postForm('/v1/pictures', [image]))).json();
    const forget = () => fake.server.inject({ method: 'DELETE', url: `/v1/pictures/${id}` });
    const first = await forget();
    expect([first.statusCode, first.body]).toEqual([204, '']);
    expect((await forget()).statusCode).toBe(404);
    expect((await ask(id, 'detect', { prompts: ['cat'] })).statusCode).toBe(404);
  });

  test('goes when others come, and after some time without use', async () => {
    const ids = [await keep(), await keep(), await keep()];
    const there = () =>
      Promise.all(ids.map(async (id) => (await ask(id, 'heatmap', { phrase: 'cat' })).statusCode));
    expect(await there()).toEqual([404, 200, 200]);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(await there()).toEqual([404, 404, 404]);
  });

  test.each<[string, object]>([
    ['detect', { prompts: [] }],
    ['detect', { prompts: ['cat'], options: { tiles: { size: 'auto' } } }],
    ['heatmap', {}],
    ['heatmap', { phrase: ' ' }],
    ['look-alikes', { box: { xmin: 0, ymin: 0, xmax: 0, ymax: 10 } }],
    ['look-alikes', { box: { xmin: 400, ymin: 0, xmax: 500, ymax: 10 } }],
    ['look-alikes', { box: { xmin: 0, ymin: 0, xmax: null, ymax: 10 } }],
    ['look-alikes', { box: { xmin: 0, ymin: 0, xmax: 9, ymax: 9 }, count: 0 }],
  ])('%s of %j is refused', async (what, payload) => {
    const answer = await ask(await keep(), what, payload);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error.code).toBe('bad_request');
  });
});

describe('features', () => {
  const embed = (payload: object) => fake.server.inject(post('/v1/embed', payload));
  const length = (vector: number[]) => Math.hypot(...vector);

  test('of pictures and texts, of length one', async () => {
    const image = { base64: file.toString('base64') };
    const answer = await embed({
      images: [image, image],
      texts: ['red cat', 'grey dog', 'red cat'],
    });
    const { model, dimension, images, texts } = answer.json();
    expect({ model, dimension }).toEqual({ model: 'fake', dimension: 64 });
    expect([images.length, texts.length]).toEqual([2, 3]);
    for (const vector of [...images, ...texts]) expect(length(vector)).toBeCloseTo(1, 4);
    expect(texts[0]).toEqual(texts[2]);
    expect(texts[0]).not.toEqual(texts[1]);
  });

  test('of texts alone, and of a form', async () => {
    const alone = (await embed({ texts: ['red cat'], length: 'long' })).json();
    expect(alone).toMatchObject({ images: [], texts: [expect.any(Array)] });
    const form = await fake.server.inject(
      postForm('/v1/embed', [
        { name: 'image', content: file, filename: 'a.png' },
        { name: 'texts', content: '["red cat"]' },
      ]),
    );
    expect(form.json().texts).toEqual(alone.texts);
  });

  test.each<[object, number]>([
    [{}, 400],
    [{ texts: [] }, 400],
    [{ texts: [''] }, 400],
    [{ texts: ['cat'], length: 'middle' }, 400],
    [{ images: [{ base64: 'aGVsbG8=' }] }, 422],
  ])('%j is refused', async (payload, status) => {
    expect((await embed(payload)).statusCode).toBe(status);
  });
});
