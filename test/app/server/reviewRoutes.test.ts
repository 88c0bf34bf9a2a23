import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { FakeReview } from './fakeReview.js';
import { type TestServer, testServer } from './testServer.js';

let review: FakeReview;
let started: TestServer;
beforeEach(() => {
  review = new FakeReview();
  started = testServer({ review });
});
afterEach(() => started.server.close());

const get = (url: string) => started.server.inject({ url });
const put = (index: number | string, payload: object) =>
  started.server.inject({ method: 'PUT', url: `/v1/review/${index}`, payload });
const box = { xmin: 10, ymin: 20, xmax: 30, ymax: 40 };

test('the pictures, and that there are some', async () => {
  expect((await get('/v1/settings')).json()).toMatchObject({ review: true });
  const list = (await get('/v1/review')).json();
  expect(list).toMatchObject({ format: 'coco', images: 3, labels: expect.any(Array) });
  expect(list.pictures[2]).toEqual({
    ...{ index: 2, file: 'again.jpg', width: 640, height: 480, boxes: 0 },
    ...{ status: 'empty', reviewed: false, uncertainty: 0.4 },
  });
});

test('without a review there are none', async () => {
  const { server } = testServer();
  expect((await server.inject({ url: '/v1/review' })).statusCode).toBe(404);
  await server.close();
});

test("a picture's boxes and its file", async () => {
  const one = (await get('/v1/review/0')).json();
  expect(one).toMatchObject({ index: 0, file: 'bell.jpg', width: 640, reviewed: false });
  expect(one.boxes).toEqual(review.boxes(0));
  const file = await get('/v1/review/0/picture');
  expect(file.headers['content-type']).toBe('image/jpeg');
  expect(file.rawPayload.equals(readFileSync(review.path(0)))).toBe(true);
});

test('what a person made of the boxes is saved', async () => {
  const boxes = [
    { label: 'a new label', box },
    { label: 'bell', score: 0.5, box },
  ];
  const answer = await put(2, { boxes });
  expect(answer.json()).toEqual({ reviewed: true });
  expect(review.saves).toEqual([[2, boxes]]);
  expect((await get('/v1/review/2')).json()).toMatchObject({ reviewed: true, boxes });
  expect((await put(2, { boxes: [] })).statusCode).toBe(200);
});

describe('is refused', () => {
  test.each(['3', '-1', '1.5', 'x', '1e9', '%00', '0x1', '1e0', '00', '+1', '%201'])(
    'the picture %s',
    async (index) => {
      for (const url of [`/v1/review/${index}`, `/v1/review/${index}/picture`]) {
        expect([400, 404]).toContain((await get(url)).statusCode);
      }
      expect([400, 404]).toContain((await put(index, { boxes: [] })).statusCode);
    },
  );

  test.each([
    ['no list', {}],
    ['a box without a label', { boxes: [{ box }] }],
    ['an empty label', { boxes: [{ label: '  ', box }] }],
    ['a very long label', { boxes: [{ label: 'x'.repeat(201), box }] }],
    ['a score above 1', { boxes: [{ label: 'a', score: 2, box }] }],
    ['a corner that is no number', { boxes: [{ label: 'a', box: { ...box, xmin: null } }] }],
    ['a box outside', { boxes: [{ label: 'a', box: { ...box, xmax: 641 } }] }],
    ['a box turned round', { boxes: [{ label: 'a', box: { ...box, xmin: 30, xmax: 10 } }] }],
    ['a box without area', { boxes: [{ label: 'a', box: { ...box, xmin: 30 } }] }],
    ['what has other fields', { boxes: [{ label: 'a', box, path: '/etc/passwd' }] }],
  ])('%s', async (_what, body) => {
    const answer = await put(0, body);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error.code).toBe('bad_request');
    expect(review.saves).toEqual([]);
  });
});

test.each(['passwd.png', 'drawing.jpg', 'empty.png', 'pipe.png'])(
  'what is no picture is not shown, whatever its name: %s',
  async (name) => {
    const file = join(mkdtempSync(join(tmpdir(), 'fgdet-review-')), name);
    const contents: Record<string, string> = {
      'passwd.png': 'root:x:0:0',
      'drawing.jpg': '<!--ftypavif--><svg xmlns="http://www.w3.org/2000/svg"/>',
      'empty.png': '',
    };
    if (name in contents) writeFileSync(file, contents[name]);
    else spawnSync('mkfifo', [file]);
    review.path = () => file;
    const answer = await get('/v1/review/0/picture');
    expect(answer.statusCode).toBe(404);
    expect(answer.body).not.toContain('root');
    rmSync(dirname(file), { recursive: true });
  },
);
