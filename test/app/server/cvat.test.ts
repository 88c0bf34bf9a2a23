import { picture, post, type TestServer, testServer } from './testServer.js';

let fake: TestServer;
let image: string;

beforeAll(async () => {
  fake = testServer({
    labels: [
      { name: 'Cat', phrasings: ['kitten', 'red cat'] },
      { name: 'Dog', phrasings: ['grey dog'], threshold: 1 },
    ],
  });
  image = (await picture()).toString('base64');
});

afterAll(() => fake.server.close());

describe.each(['/', '/cvat'])('POST %s', (path) => {
  test('finds the labels of the server', async () => {
    const answer = await fake.server.inject(post(path, { image }));
    expect(answer.statusCode).toBe(200);
    const found = answer.json();
    expect(found[0]).toEqual({
      confidence: expect.stringMatching(/^0\.\d+$/),
      label: 'Cat',
      points: [expect.any(Number), expect.any(Number), expect.any(Number), expect.any(Number)],
      type: 'rectangle',
    });
    const [x1, y1, x2, y2] = found[0].points;
    expect(x1 < x2 && y1 < y2).toBe(true);
    expect(found.map(({ label }: { label: string }) => label)).not.toContain('Dog');
  });

  test('at the threshold that CVAT asks for', async () => {
    const labels = async (threshold: number | string | null) => {
      const answer = await fake.server.inject(post(path, { image, threshold, extra: 1 }));
      return answer.json().map(({ label }: { label: string }) => label);
    };
    expect(await labels(0.4)).toEqual(expect.arrayContaining(['Cat', 'Dog']));
    expect(await labels('0.4')).toEqual(expect.arrayContaining(['Cat', 'Dog']));
    expect(await labels(1)).toEqual([]);
    expect(await labels(null)).not.toContain('Dog');
  });
});

test.each<[string, object, number]>([
  ['no picture', {}, 400],
  ['no base64', { image: '***' }, 400],
  ['a text', { image: 'aGVsbG8=' }, 422],
  ...['high', '0x1', '', true, [], 2].map((threshold): [string, object, number] => [
    `the threshold ${JSON.stringify(threshold)}`,
    { image: 'aGVsbG8=', threshold },
    400,
  ]),
])('%s: refused', async (_, payload, status) => {
  const answer = await fake.server.inject(post('/cvat', payload));
  expect(answer.statusCode).toBe(status);
});

test('a server without labels says so', async () => {
  const { server } = testServer();
  const answer = await server.inject(post('/cvat', { image }));
  expect(answer.statusCode).toBe(400);
  expect(answer.json().error.message).toContain('--label');
  await server.close();
});
