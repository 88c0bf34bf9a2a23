import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { predictionSchema } from '../../../app/server/labelStudioResult.js';
import { picture, post, type TestServer, testServer } from './testServer.js';

const config = `<View>
  <Image name="img" value="$photo"/>
  <RectangleLabels name="boxes" toName="img" model_score_threshold="0.3">
    <Label value="Cat" predicted_values="kitten,red_cat"/>
    <Label value="Dog" predicted_values="grey dog"/>
  </RectangleLabels>
</View>`;

/** Label Studio, as far as its files go. */
let studio: Server;
let url: string;
const asked: IncomingMessage[] = [];
const key = 'a-legacy-token';
const personal = 'aaaa.bbbb.cccc';

let file: Buffer;
let folder: string;
let fake: TestServer;

beforeAll(async () => {
  file = await picture();
  studio = createServer((request, response) => {
    asked.push(request);
    if (request.url === '/api/token/refresh') {
      response.setHeader('content-type', 'application/json');
      response.end('{"access": "access-token"}');
      return;
    }
    const { authorization } = request.headers;
    const known = [`Token ${key}`, 'Bearer access-token'].includes(authorization ?? '');
    if (known && request.url?.startsWith('/data/')) response.end(file);
    else response.writeHead(known ? 404 : 401).end();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => studio.once('listening', resolve));
  url = `http://127.0.0.1:${(studio.address() as AddressInfo).port}`;

  folder = mkdtempSync(join(tmpdir(), 'fgdet-local-'));
  mkdirSync(join(folder, 'root/in side'), { recursive: true });
  writeFileSync(join(folder, 'root/in side/a.png'), file);
  writeFileSync(join(folder, 'secret.png'), file);
  symlinkSync(join(folder, 'secret.png'), join(folder, 'root/link.png'));
  symlinkSync('in side/a.png', join(folder, 'root/good.png'));
  fake = testServer({ labelStudio: { url: `${url}/`, key, localFiles: join(folder, 'root') } });
});

beforeEach(() => {
  asked.length = 0;
  fake.lines.length = 0;
});

afterAll(async () => {
  await fake.server.close();
  studio.closeAllConnections();
  studio.close();
  rmSync(folder, { recursive: true });
});

const predict = (payload: object, on = fake) => on.server.inject(post('/predict', payload));
const task = (photo: unknown, id = 1) => ({ id, data: { photo }, meta: {}, created_at: '2024' });
const dataUri = () => `data:image/png;base64,${file.toString('base64')}`;

test('the protocol: health, setup, prediction, events', async () => {
  for (const path of ['/health', '/']) {
    const health = await fake.server.inject({ url: path });
    expect(health.json()).toMatchObject({ status: 'UP', model_class: 'fgdet' });
  }
  const setup = await fake.server.inject(
    post('/setup', {
      ...{ project: '7.1700000000', schema: config, extra_params: null },
      ...{ hostname: 'http://localhost:8080', access_token: 'x' },
    }),
  );
  expect([setup.statusCode, setup.json()]).toEqual([200, { model_version: 'fake' }]);

  const answer = await predict({
    tasks: [task('/data/upload/1/a.png', 11), task(dataUri(), 12)],
    ...{ model_version: 'fake', project: '7.1700000000' },
    params: { login: null, password: null, context: { result: [], draft: [] } },
  });
  expect(answer.statusCode).toBe(200);
  const { results, model_version } = answer.json();
  expect(model_version).toBe('fake');
  expect(results).toHaveLength(2);
  for (const result of results) {
    expect(predictionSchema.parse(result)).toEqual(result);
    expect(result.result).toHaveLength(2);
    expect(result.score).toBeGreaterThan(0.3);
    const [first] = result.result;
    expect(first).toMatchObject({
      ...{ from_name: 'boxes', to_name: 'img', type: 'rectanglelabels', image_rotation: 0 },
      ...{ original_width: 320, original_height: 240 },
    });
    expect(result.result.map((one: typeof first) => one.value.rectanglelabels[0]).sort()).toEqual([
      'Cat',
      'Dog',
    ]);
    const cat = result.result.find((one: typeof first) => one.value.rectanglelabels[0] === 'Cat');
    const near = { x: 10, y: 15, width: 30, height: 45 };
    for (const [side, value] of Object.entries(near)) {
      expect(Math.abs(cat.value[side] - value)).toBeLessThan(6);
    }
  }
  const ids = results.flatMap(({ result }: { result: { id: string }[] }) =>
    result.map(({ id }) => id),
  );
  expect(new Set(ids).size).toBe(4);
  const again = await predict({ tasks: [task('/data/upload/1/a.png', 11)], project: 7 });
  expect(again.json().results[0]).toEqual(results[0]);

  const event = (action: string) =>
    fake.server.inject(post('/webhook', { action, project: { id: 7, label_config: config } }));
  const known = await event('ANNOTATION_CREATED');
  expect([known.statusCode, known.json()]).toEqual([201, { result: {}, status: 'ok' }]);
  const unknown = await event('SOMETHING_ELSE');
  expect([unknown.statusCode, unknown.json()]).toEqual([200, { status: 'Unknown event' }]);
});

describe('pictures', () => {
  const find = async (photo: unknown, on = fake) => {
    const answer = await predict({ tasks: [task(photo)], label_config: config }, on);
    expect(answer.statusCode).toBe(200);
    const [result] = answer.json().results;
    return result.error ?? result.result.length;
  };

  test.each<[string, () => string]>([
    ['uploaded', () => '/data/upload/3/b.png'],
    ['uploaded, by the whole address', () => `${url}/data/upload/3/b.png`],
    ['with a query', () => '/data/upload/3/b.png?x=%20y'],
  ])('%s: fetched with the key', async (_, address) => {
    expect(await find(address())).toBe(2);
    expect(asked).toHaveLength(1);
    expect(asked[0].headers.authorization).toBe(`Token ${key}`);
  });

  test('with a personal access token, which is changed for one that works', async () => {
    const other = testServer({ labelStudio: { url, key: personal } });
    expect(await find('/data/upload/3/b.png', other)).toBe(2);
    expect(await find('/data/local-files/?d=c.png', other)).toBe(2);
    expect(asked.map((request) => request.url)).toEqual([
      '/api/token/refresh',
      '/data/upload/3/b.png',
      '/data/local-files/?d=c.png',
    ]);
    await other.server.close();
  });

  test.each([
    '/data/local-files/?d=in%20side/a.png',
    '/data/local-files/?d=in+side/a.png',
    '/data/local-files/?d=/in%20side/a.png',
    '/data/local-files/?d=good.png',
  ])('from the folder of local files: %s', async (address) => {
    expect(await find(address)).toBe(2);
    expect(asked).toEqual([]);
  });

  test.each([
    ['/data/local-files/?d=../secret.png', 'outside the folder'],
    ['/data/local-files/?d=%2e%2e/secret.png', 'outside the folder'],
    ['/data/local-files/?d=in%20side/../../secret.png', 'outside the folder'],
    ['/data/local-files/?d=link.png', 'outside the folder'],
    ['/data/local-files/?d=a%00.png', 'no path can have'],
    ['/data/local-files/?d=missing.png', 'no such file'],
    ['/data/local-files/?d=in%20side', 'no file'],
    ['/data/local-files/?d=', 'outside the folder'],
    ['http://169.254.169.254/latest/meta-data', 'no public address'],
    ['http://127.0.0.1:1/data/upload/a.png', 'no public address'],
    ['//127.0.0.1/data/upload/a.png', 'no http(s) address'],
    ['s3://bucket/a.png', 'no http(s) address'],
    ['/nothing', 'answers 404'],
    ['', 'no picture in "photo"'],
    [5, 'no picture in "photo"'],
    ['data:image/png;base64,aGVsbG8=', 'not in a known format'],
  ])('%s: an empty prediction that says why', async (address, reason) => {
    expect(await find(address)).toContain(reason);
    expect(fake.lines.join('\n')).toContain(reason);
  });

  test('that lie with Label Studio need its address', async () => {
    const other = testServer();
    expect(await find('/data/upload/3/b.png', other)).toContain('--label-studio-url');
    await other.server.close();
  });

  test('one that fails leaves the others', async () => {
    const tasks = [task(dataUri(), 1), task('/nothing', 2), task(dataUri(), 3)];
    const { results } = (await predict({ tasks, label_config: config })).json();
    expect(results.map(({ result }: { result: [] }) => result.length)).toEqual([2, 0, 2]);
  });
});

describe('labelling configs', () => {
  test('an event changes the labels of its project, not those of others', async () => {
    const { server } = testServer();
    const labels = async (project: string) => {
      const answer = await server.inject(post('/predict', { project, tasks: [task(dataUri())] }));
      const [{ result }] = answer.json().results;
      return result.map(
        (one: { value: { rectanglelabels: string[] } }) => one.value.rectanglelabels[0],
      );
    };
    await server.inject(post('/setup', { project: '1.5', schema: config }));
    await server.inject(post('/setup', { project: '2.5', schema: config }));
    const changed = config.replace('"Cat"', '"Katze"');
    await server.inject(
      post('/webhook', { action: 'PROJECT_UPDATED', project: { id: 1, label_config: changed } }),
    );
    expect(await labels('1.5')).toContain('Katze');
    expect(await labels('2.5')).toContain('Cat');
    await server.close();
  });

  test.each<[string, object, number]>([
    ['none', {}, 400],
    ['no XML', { label_config: '<View' }, 400],
    ['without boxes', { label_config: '<View/>' }, 400],
    [
      'with many labels',
      { label_config: config.replace(/<Label .*\n/, (tag) => tag.repeat(300)) },
      413,
    ],
  ])('%s: refused', async (_, more, status) => {
    const { server } = testServer();
    const answer = await server.inject(post('/predict', { tasks: [task(dataUri())], ...more }));
    expect(answer.json()).toEqual({
      error: { code: expect.any(String), message: expect.stringContaining('label_config') },
    });
    expect(answer.statusCode).toBe(status);
    await server.close();
  });

  test('one that would expand without end is read in no time', async () => {
    const entities = Array.from(
      { length: 9 },
      (_, i) => `<!ENTITY e${i + 1} "${`&e${i};`.repeat(10)}">`,
    );
    const bomb = `<!DOCTYPE a [<!ENTITY e0 "boom">${entities.join('')}]>${config.replace('Cat', '&e9;')}`;
    const start = Date.now();
    const answer = await predict({ tasks: [task(dataUri())], label_config: bomb });
    expect([200, 400]).toContain(answer.statusCode);
    expect(Date.now() - start).toBeLessThan(2000);
  });

  test('one that is not finished yet does not keep a project from being set up', async () => {
    const answer = await fake.server.inject(
      post('/setup', { project: 3, schema: '<View></View>' }),
    );
    expect(answer.statusCode).toBe(200);
  });
});

test('calls that are not of the protocol are refused', async () => {
  for (const payload of [
    {},
    { tasks: 'x' },
    { tasks: [{}] },
    { tasks: Array(501).fill(task('')) },
  ]) {
    const answer = await predict({ label_config: config, ...payload });
    expect(answer.statusCode).toBe(400);
  }
});
