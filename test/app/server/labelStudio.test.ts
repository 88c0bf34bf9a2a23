import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LabelStudioRegion, predictionSchema } from '../../../app/server/labelStudioResult.js';
import { listening, picture, post, type TestServer, testServer } from './testServer.js';

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
    const { authorization, accept = '*/*' } = request.headers;
    // It answers in JSON, or not at all, however a picture would suit.
    if (!accept.includes('*/*')) {
      response.writeHead(406).end();
      return;
    }
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
/** Of an answer that refuses: what people are shown of it, too. */
const refusal = async (answer: ReturnType<typeof predict>) => {
  const { statusCode, statusMessage, ...rest } = await answer;
  return { statusCode, statusMessage, message: rest.json().error?.message as string };
};
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
  const version = setup.json().model_version;
  expect([setup.statusCode, version]).toEqual([
    200,
    expect.stringMatching(/^fake, labels [\da-f]{8}$/),
  ]);

  const answer = await predict({
    tasks: [task('/data/upload/1/a.png', 11), task(dataUri(), 12)],
    ...{ model_version: 'fake', project: '7.1700000000' },
    params: { login: null, password: null, context: { result: [], draft: [] } },
  });
  expect(answer.statusCode).toBe(200);
  const { results, model_version } = answer.json();
  expect(model_version).toBe(version);
  expect(results).toHaveLength(2);
  for (const result of results) {
    expect(result.model_version).toBe(version);
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
    if (answer.statusCode !== 200) return answer.json().error.message;
    return answer.json().results[0].result.length;
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
    ['', 'no picture in "$photo"'],
    [null, 'no picture in "$photo"'],
    [5, 'no picture in "$photo"'],
    ['data:image/png;base64,aGVsbG8=', 'not in a known format'],
  ])('%s: refused, and people are told why', async (address, reason) => {
    const tasks = [task(address)];
    const { statusCode, statusMessage, message } = await refusal(
      predict({ tasks, label_config: config }),
    );
    expect(statusCode).toBeGreaterThanOrEqual(400);
    expect(message).toContain(reason);
    expect(statusMessage).toContain(reason);
    expect(fake.lines).toEqual([
      expect.stringContaining(`Task 1 of Label Studio stays open: ${message}`),
      `POST /predict of Label Studio is refused (${statusCode}): ${message}`,
    ]);
  });

  test('that lie with Label Studio need its address', async () => {
    const other = testServer();
    expect(await find('/data/upload/3/b.png', other)).toContain('--label-studio-url');
    await other.server.close();
  });

  test('one that fails leaves the others, and is no prediction', async () => {
    const tasks = [task(dataUri(), 1), task('/nothing', 2), task(dataUri(), 3)];
    const { results } = (await predict({ tasks, label_config: config })).json();
    expect(results.map(({ result }: { result?: [] }) => result?.length)).toEqual([2, undefined, 2]);
    expect(results[1]).toEqual({ error: expect.stringContaining('answers 404') });
  });

  test('where all fail, people are told of the first', async () => {
    const tasks = ['/nothing', 'nowhere', ''].map((photo, i) => task(photo, i));
    const told = await refusal(predict({ tasks, label_config: config }));
    expect(told.statusCode).toBe(422);
    expect(told.message).toMatch(/^None of the 3 tasks could be done\. The first: .*answers 404/);
    expect(told.statusMessage).toBe(told.message);
  });

  test('a name that no status line can hold is told as far as it can', async () => {
    const told = await refusal(
      predict({ tasks: [task('s3://é\n東京/a.png')], label_config: config }),
    );
    expect(told.statusMessage).toMatch(/^s3:\/\/é \?\?\/a\.png is no http/);
  });
});

describe('many tasks', () => {
  test('as many as there are', async () => {
    const tasks = Array.from({ length: 1500 }, (_, i) => task(i % 500 ? '' : dataUri(), i));
    const answer = await predict({ tasks, label_config: config });
    const { results } = answer.json();
    expect(results).toHaveLength(1500);
    expect(
      results.filter(({ result }: { result?: unknown[] }) => result?.length === 2),
    ).toHaveLength(3);
  });

  test('in time: what is not done by then stays open', async () => {
    const slow = testServer({ limits: { labelStudioMs: 2000 } });
    await listening(slow.server);
    const tasks = Array.from({ length: 40 }, (_, i) => task(dataUri(), i));
    // What is needed for the first picture is not what is timed.
    await predict({ tasks: tasks.slice(0, 1), label_config: config }, slow);
    slow.lines.length = 0;
    // Enough time for some of them.
    let seen = 0;
    let open = () => {};
    const view = slow.model.view.bind(slow.model);
    slow.model.view = (...picture) => {
      if (++seen === 9) open = slow.model.close();
      return view(...picture);
    };
    const start = Date.now();
    const { results } = (await predict({ tasks, label_config: config }, slow)).json();
    expect(Date.now() - start).toBeLessThan(5000);
    const done = results.filter(({ result }: { result?: unknown[] }) => result?.length === 2);
    expect(done.length).toBeGreaterThan(0);
    expect(results.filter(({ error }: { error?: string }) => error)).toEqual(
      Array(40 - done.length).fill({ error: 'There was no time for it in 2 s.' }),
    );
    expect(slow.lines).toEqual([
      `Label Studio asked for 40 tasks; ${40 - done.length} of them stay open after 2 s. ` +
        'Retrieve predictions again for those.',
    ]);
    open();
    await slow.server.close();
  });

  test('none in time: refused', async () => {
    const slow = testServer({ limits: { labelStudioMs: 50 } });
    const open = slow.model.close();
    const told = await refusal(predict({ tasks: [task(dataUri())], label_config: config }, slow));
    expect(told).toMatchObject({ statusCode: 503, message: 'There was no time for it in 0.05 s.' });
    open();
    await slow.server.close();
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

  test.each<[string, string | undefined, number]>([
    ['none', undefined, 400],
    ['no XML', '<View', 400],
    ['empty', '', 400],
    ['without boxes', '<View/>', 400],
    ['with many labels', config.replace(/<Label .*\n/, (tag) => tag.repeat(300)), 413],
  ])('%s: refused, at once and when it is asked', async (_, xml, status) => {
    const { server, lines } = testServer();
    // That of another project is none for this one.
    await server.inject(post('/setup', { project: 4, schema: config }));
    for (const [path, payload] of [
      ['/setup', { project: 5, schema: xml }],
      ['/predict', { project: 5, tasks: [task(dataUri())], label_config: xml }],
    ] as const) {
      const told = await refusal(server.inject(post(path, payload)));
      expect(told.statusCode).toBe(status);
      expect(told.message).toContain('label_config');
      expect(told.statusMessage).toBe(told.message);
      expect(lines.at(-1)).toBe(
        `POST ${path} of Label Studio is refused (${status}): ${told.message}`,
      );
    }
    await server.close();
  });

  const found = async (label_config: string, data: object) => {
    const answer = await predict({ tasks: [{ id: 1, data }], label_config });
    expect(answer.json()).toHaveProperty('results');
    const [prediction] = answer.json().results;
    expect(predictionSchema.parse(prediction)).toEqual(prediction);
    return prediction.result as LabelStudioRegion[];
  };
  const image = '<Image name="a" value="$photo"/>';

  test('each control is a question of its own, and each picture is looked at', async () => {
    const regions = await found(
      `<View>${image}<Image name="b" value="$other"/>
        <RectangleLabels name="cats" toName="a"><Label value="red cat"/></RectangleLabels>
        <RectangleLabels name="pets" toName="a"><Label value="pet" predicted_values="red cat"/></RectangleLabels>
        <RectangleLabels name="dogs" toName="b"><Label value="grey dog"/></RectangleLabels></View>`,
      { photo: dataUri(), other: dataUri(), note: 'not a picture' },
    );
    expect(
      regions.map(({ from_name, to_name, value }) => [from_name, to_name, value.rectanglelabels]),
    ).toEqual([
      ['cats', 'a', ['red cat']],
      ['pets', 'a', ['pet']],
      ['dogs', 'b', ['grey dog']],
    ]);
    expect(regions[0].value.x).toBe(regions[1].value.x);
    expect(new Set(regions.map(({ id }) => id)).size).toBe(3);
  });

  test('a picture that a task leaves empty is passed over', async () => {
    const two = `<View>${image}<Image name="b" value="$other"/>
      <RectangleLabels name="cats" toName="a,b"><Label value="red cat"/></RectangleLabels></View>`;
    const regions = await found(two, { photo: '', other: dataUri() });
    expect(regions.map(({ to_name }) => to_name)).toEqual(['b']);
  });

  test('Labels with a Rectangle: two regions of one id, as Label Studio stores them', async () => {
    const [rectangle, labels, ...others] = await found(
      `<View>${image}<Labels name="l" toName="a"><Label value="red cat" alias="C"/></Labels>
        <Rectangle name="r" toName="a"/></View>`,
      { photo: dataUri() },
    );
    expect(others).toEqual([]);
    const { x, y, width, height } = rectangle.value;
    const bounds = { x, y, width, height, rotation: 0 };
    expect(rectangle).toMatchObject({ type: 'rectangle', from_name: 'r', to_name: 'a' });
    expect(rectangle.value).toEqual(bounds);
    expect(labels).toMatchObject({ type: 'labels', from_name: 'l', id: rectangle.id });
    expect(labels.value).toEqual({ ...bounds, labels: ['C'] });
  });

  test("labels that a task has, under the config's", async () => {
    const own = `<View>${image}<RectangleLabels name="l" toName="a" value="$options"/></View>`;
    const options = [{ value: 'grey dog', alias: 'D' }];
    const regions = await found(own, { photo: dataUri(), options });
    expect(regions.map(({ value }) => value.rectanglelabels)).toEqual([['D']]);
    const setup = await fake.server.inject(post('/setup', { schema: own }));
    expect(setup.statusCode).toBe(200);
    for (const [list, message] of [
      [[], 'no labels in "$options"'],
      ['grey dog', 'must be a list of labels'],
      [Array.from({ length: 300 }, (_, i) => `cat ${i}`), 'has 300 labels'],
    ] as const) {
      const tasks = [{ id: 1, data: { photo: dataUri(), options: list } }];
      const told = await refusal(predict({ tasks, label_config: own }));
      expect(told.message).toContain(message);
    }
  });

  test("a list of pictures: a region says which one's it is", async () => {
    const list = `<View><Image name="a" valueList="$pages"/>
      <RectangleLabels name="l" toName="a"><Label value="red cat"/></RectangleLabels></View>`;
    const regions = await found(list, { pages: [dataUri(), dataUri()] });
    expect(regions.map(({ item_index }) => item_index)).toEqual([0, 1]);
    expect(regions[0].id).not.toBe(regions[1].id);
    expect(
      (await found(list.replace('valueList', 'value'), { pages: dataUri() }))[0],
    ).not.toHaveProperty('item_index');
    const tasks = [{ id: 1, data: { pages: [dataUri(), '/nothing'] } }];
    const told = await refusal(predict({ tasks, label_config: list }));
    expect(told.message).toContain('answers 404');
  });

  test('what decides the answer is in the version of the model, and nothing else', async () => {
    const other = testServer({ modelVersion: 'fake 0123' });
    const version = async (schema: string, on = fake) =>
      (await on.server.inject(post('/setup', { schema }))).json().model_version as string;
    const first = await version(config);
    expect(await version(config.replace('"Cat"', '"Cat" background="red"'))).toBe(first);
    expect(await version(config, other)).toBe(first.replace('fake', 'fake 0123'));
    for (const [from, to] of [
      ['kitten', 'lion'],
      ['0.3', '0.4'],
      ['"Dog"', '"Hund"'],
      ['"boxes"', '"pets"'],
    ]) {
      expect(await version(config.replace(from, to))).not.toBe(first);
    }
    await other.server.close();
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
});

test('calls that are not of the protocol are refused', async () => {
  for (const payload of [{}, { tasks: 'x' }, { tasks: [{}] }]) {
    const answer = await predict({ label_config: config, ...payload });
    expect(answer.statusCode).toBe(400);
    expect(fake.lines.at(-1)).toMatch(
      /^POST \/predict of Label Studio is refused \(400\): .*tasks/,
    );
  }
});

test('calls with a wrong token, or that are too large, are in the log', async () => {
  const { server, lines } = testServer({ token: 'secret', limits: { bodyBytes: 1000 } });
  const body = { tasks: [task('x'.repeat(2000))], label_config: config };
  const answers = [
    await server.inject(post('/setup', { schema: config })),
    await server.inject(post('/predict', body, { authorization: 'Bearer secret' })),
  ];
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([401, 413]);
  expect(lines).toEqual([
    expect.stringMatching(/^POST \/setup of Label Studio is refused \(401\): Say the token/),
    expect.stringMatching(/^POST \/predict of Label Studio is refused \(413\): The request is/),
  ]);
  await server.close();
});
