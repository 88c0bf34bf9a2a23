import { Validator } from '@seriousme/openapi-schema-validator';
import { picture, post, type TestServer, testServer } from './testServer.js';

let fake: TestServer;
const routes: string[] = [];

beforeAll(async () => {
  fake = testServer();
  fake.server.addHook('onRoute', ({ method, url, schema }) => {
    if (schema && 'hide' in schema) return;
    for (const one of [method].flat()) {
      if (one !== 'HEAD') routes.push(`${one.toLowerCase()} ${url.replace(/:(\w+)/g, '{$1}')}`);
    }
  });
  await fake.server.ready();
});

afterAll(() => fake.server.close());

test('the description is valid, of OpenAPI 3.1, and has every route', async () => {
  const answer = await fake.server.inject({ url: '/openapi.json' });
  expect(answer.headers['content-type']).toMatch(/^application\/json/);
  const description = answer.json();
  expect(description.openapi).toBe('3.1.0');
  const { valid, errors } = await new Validator().validate(description);
  expect(errors).toBeUndefined();
  expect(valid).toBe(true);
  const described = Object.entries(description.paths as Record<string, object>).flatMap(
    ([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`),
  );
  expect(described.sort()).toEqual([...new Set(routes)].sort());
  expect(described).toEqual(
    expect.arrayContaining([
      ...['post /v1/detect', 'post /v1/embed', 'post /v1/pictures', 'delete /v1/pictures/{id}'],
      ...['post /predict', 'post /cvat', 'post /', 'get /', 'get /health', 'get /metrics'],
    ]),
  );
});

test('it says what bodies are checked against, in JSON and in forms', async () => {
  const { paths } = (await fake.server.inject({ url: '/openapi.json' })).json();
  const { content } = paths['/v1/detect'].post.requestBody;
  expect(content['application/json'].schema).toMatchObject({
    type: 'object',
    required: ['prompts'],
    properties: { prompts: { type: 'array', minItems: 1, maxItems: 200 } },
    additionalProperties: false,
  });
  const file = { type: 'string', format: 'binary' };
  expect(content['multipart/form-data'].schema.properties.image.anyOf).toEqual([
    { type: 'array', maxItems: 16, items: expect.objectContaining(file) },
    expect.objectContaining(file),
  ]);
});

test('it says which fields go together, what a text for a picture is, and what files are answered', async () => {
  const { paths } = (await fake.server.inject({ url: '/openapi.json' })).json();
  const bodyOf = (path: string) => paths[path].post.requestBody.content['application/json'].schema;
  expect(bodyOf('/v1/detect').oneOf).toEqual([{ required: ['image'] }, { required: ['images'] }]);
  expect(bodyOf('/v1/embed').anyOf).toEqual([{ required: ['images'] }, { required: ['texts'] }]);
  const [text] = bodyOf('/v1/pictures').properties.image.anyOf;
  const pattern = new RegExp(text.pattern);
  for (const address of ['https://x/a.jpg', 'HTTP://x', 'data:image/png;base64,aGk=']) {
    expect(address).toMatch(pattern);
  }
  for (const other of ['0', 'ftp://x', 'data:,hi', 'photo.jpg']) expect(other).not.toMatch(pattern);
  const typesOf = (path: string, method = 'post') =>
    Object.keys(paths[path][method].responses[200].content).sort();
  const files = ['application/json', 'application/xml', 'application/zip'];
  expect(typesOf('/v1/labels')).toEqual(files);
  expect(typesOf('/metrics', 'get')).toEqual(['text/plain']);
  expect(typesOf('/', 'get')).toEqual(['application/json', 'text/html']);
  const [{ schema }] = paths['/v1/pictures/{id}'].delete.parameters;
  expect(schema).toMatchObject({ type: 'string', maxLength: 100 });
});

test('another method is 405, with the methods that there are', async () => {
  const { paths } = (await fake.server.inject({ url: '/openapi.json' })).json();
  for (const [path, methods] of Object.entries(paths as Record<string, object>)) {
    const url = path.replace('{id}', 'x y%2f').replace('{index}', '0');
    const answer = await fake.server.inject({ method: 'PATCH', url: encodeURI(url) });
    expect(answer.statusCode).toBe(405);
    const allowed = String(answer.headers.allow).toLowerCase().split(', ');
    expect(allowed).toEqual(expect.arrayContaining(Object.keys(methods)));
    expect(answer.json().error.code).toBe('method_not_allowed');
  }
  const nowhere = await fake.server.inject({ method: 'PATCH', url: '/v1/nowhere' });
  expect(nowhere.statusCode).toBe(404);
  expect(nowhere.headers.allow).toBeUndefined();
});

test.each(['/setup', '/v1/embed', '/predict'])('%s without a body is refused', async (url) => {
  const answer = await fake.server.inject({ method: 'POST', url });
  expect(answer.statusCode).toBe(400);
  expect(answer.json().error.message).toBe('The body is missing.');
});

test('/metrics counts requests by route and status, and pictures', async () => {
  const image = { base64: (await picture()).toString('base64') };
  await fake.server.inject(post('/v1/detect', { image, prompts: ['cat'] }));
  await fake.server.inject(post('/v1/detect', {}));
  await fake.server.inject({ url: '/nowhere/1' });
  await fake.server.inject({ url: '/nowhere/2' });
  const answer = await fake.server.inject({ url: '/metrics' });
  expect(answer.headers['content-type']).toMatch(/^text\/plain/);
  const figure = (line: string) => Number(answer.body.split(`\n${line} `)[1]?.split('\n')[0]);
  const requests = (labels: string) => figure(`fgdet_request_seconds_count{${labels}}`);
  expect(requests('method="POST",route="/v1/detect",status="200"')).toBe(1);
  expect(requests('method="POST",route="/v1/detect",status="400"')).toBe(1);
  expect(requests('method="GET",route="none",status="404"')).toBe(2);
  expect(figure('fgdet_pictures_total')).toBe(1);
  expect(figure('fgdet_model_seconds_count')).toBe(1);
  expect(figure('fgdet_queue_length')).toBe(0);
  expect(figure('process_resident_memory_bytes')).toBeGreaterThan(0);
});

test('/v1/settings tells a page what it has to know', async () => {
  const { server } = testServer({ labels: [{ name: 'Cat', phrasings: ['cat'] }] });
  expect((await server.inject({ url: '/v1/settings' })).json()).toMatchObject({
    ...{ model: 'fake', threshold: 0.3, labels: ['Cat|cat'], review: false },
    formats: expect.arrayContaining(['coco', 'yolo']),
    limits: { images: 16, prompts: 200 },
  });
  await server.close();
});
