import { connect } from 'node:net';
import { crc32, deflateSync } from 'node:zlib';
import { listening, picture, post, postForm, type TestServer, testServer } from './testServer.js';

let fake: TestServer;
let address: string;
let file: Buffer;

beforeAll(async () => {
  fake = testServer({ limits: { bodyBytes: 2 ** 20, pixels: 1e6, requestMs: 1000 } });
  address = await listening(fake.server);
  file = await picture();
});

afterAll(async () => {
  await fake.server.close();
  // Nothing of this is the server's own failure.
  expect(fake.lines.filter((line) => !/is refused \(4/.test(line))).toEqual([]);
});

/** Sends bytes as they are. @returns all that comes back until the connection closes. */
function send(...chunks: (string | Buffer)[]): Promise<string> {
  const { port } = new URL(address);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1');
    let received = '';
    socket.on('data', (data) => {
      received += data.toString();
    });
    socket.on('close', () => resolve(received));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
    });
    for (const chunk of chunks) socket.write(chunk);
  });
}

const inject = (content: string | Buffer, headers: Record<string, string>) =>
  fake.server.inject({ method: 'POST', url: '/v1/detect', payload: content, headers });

const json = { 'content-type': 'application/json' };

describe('bodies', () => {
  test.each<[string, string, Record<string, string>, number, string]>([
    ['no JSON', '{"image": ', json, 400, 'bad_request'],
    ['nothing', '', json, 400, 'bad_request'],
    ['null', 'null', json, 400, 'bad_request'],
    ['a list', '[]', json, 400, 'bad_request'],
    ['a prototype', '{"__proto__": {"a": 1}}', json, 400, 'bad_request'],
    ['text', 'hello', { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
    ['XML', '<a/>', { 'content-type': 'application/xml' }, 415, 'unsupported_media_type'],
    ['an odd type', '{}', { 'content-type': '///' }, 415, 'unsupported_media_type'],
    ['compressed', 'x', { ...json, 'content-encoding': 'gzip' }, 415, 'unsupported_media_type'],
    ['too large', `"${'x'.repeat(2 ** 20)}"`, json, 413, 'too_large'],
    [
      'a form without its boundary',
      'x',
      { 'content-type': 'multipart/form-data' },
      400,
      'bad_request',
    ],
  ])('%s', async (_, content, headers, status, code) => {
    const answer = await inject(content, headers);
    expect(answer.json()).toEqual({ error: { code, message: expect.any(String) } });
    expect(answer.statusCode).toBe(status);
    expect(answer.body).not.toMatch(/\bat .*\.js/);
  });

  const image = () => ({ name: 'image', content: file, filename: 'a.png' });
  const prompts = { name: 'prompts', content: 'cat' };
  test.each<[string, () => ReturnType<typeof postForm>, number]>([
    ['cut off', () => postForm('/v1/detect', [prompts, image()], ''), 400],
    ['without a picture', () => postForm('/v1/detect', [prompts]), 400],
    [
      'with a text for a picture',
      () => postForm('/v1/detect', [prompts, { ...image(), filename: undefined }]),
      400,
    ],
    [
      'with a file for prompts',
      () => postForm('/v1/detect', [image(), { ...prompts, filename: 'a' }]),
      400,
    ],
    [
      'with prompts that are no JSON',
      () => postForm('/v1/detect', [image(), { name: 'prompts', content: '[oh' }]),
      400,
    ],
    [
      'with options that are no JSON',
      () => postForm('/v1/detect', [image(), prompts, { name: 'options', content: '{' }]),
      400,
    ],
    [
      'with an unknown field',
      () => postForm('/v1/detect', [image(), prompts, { name: 'x', content: '' }]),
      400,
    ],
    [
      'with a prototype',
      () => postForm('/v1/detect', [image(), prompts, { name: '__proto__', content: '' }]),
      400,
    ],
    [
      'with an empty file',
      () => postForm('/v1/detect', [{ ...image(), content: '' }, prompts]),
      422,
    ],
    [
      'with too many files',
      () => postForm('/v1/detect', [...Array(20).fill(image()), prompts]),
      413,
    ],
    [
      'with too many fields',
      () => postForm('/v1/detect', [image(), ...Array(300).fill(prompts)]),
      413,
    ],
    ['to an address that takes none', () => postForm('/predict', [image()]), 415],
  ])('a form %s', async (_, form, status) => {
    const answer = await fake.server.inject(form());
    expect(answer.json()).toEqual({
      error: { code: expect.any(String), message: expect.any(String) },
    });
    expect(answer.statusCode).toBe(status);
  });

  test('a form with files that are too large together, of unknown length', async () => {
    const part = { name: 'image', content: Buffer.alloc(600_000), filename: 'a' };
    const { payload, headers } = postForm('/v1/detect', [part, part, prompts]);
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(payload);
        controller.close();
      },
    });
    const answer = await fetch(`${address}/v1/detect`, {
      ...{ method: 'POST', headers, body, duplex: 'half' },
    } as RequestInit);
    expect(answer.status).toBe(413);
  });
});

describe('pictures', () => {
  const look = (content: Buffer) =>
    fake.server.inject(
      post('/v1/detect', { image: { base64: content.toString('base64') }, prompts: ['cat'] }),
    );

  test.each<[string, () => Buffer | Promise<Buffer>, number, string]>([
    ['a header of 50000 x 50000', () => png(50_000, 50_000, Buffer.alloc(10)), 413, 'too_large'],
    [
      'many pixels that pack well',
      () => png(8000, 8000, Buffer.alloc(8000 * 8001)),
      413,
      'too_large',
    ],
    [
      'a header of 2^31 pixels a side',
      () => png(2 ** 31 - 1, 2 ** 31 - 1, Buffer.alloc(9)),
      422,
      'bad_image',
    ],
    [
      'less content than its header says',
      () => png(900, 900, Buffer.alloc(1000)),
      422,
      'bad_image',
    ],
    ['cut off', async () => (await picture(300, 300, 'jpeg')).subarray(0, 500), 422, 'bad_image'],
    ['text', () => Buffer.from('this is not a picture'), 422, 'bad_image'],
    [
      'a drawing',
      () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
      422,
      'bad_image',
    ],
  ])('%s', async (_, content, status, code) => {
    const answer = await look(await content());
    expect(answer.json()).toEqual({ error: { code, message: expect.any(String) } });
    expect(answer.statusCode).toBe(status);
  });
});

describe('addresses', () => {
  test.each([
    ['/v1/pictures/../../etc/passwd/detect', 404],
    ['/v1/pictures/..%2f..%2fetc%2fpasswd/detect', 404],
    ['/v1/pictures/%00/detect', 404],
    ['/v1/pictures/%zz/detect', 400],
    [`/v1/pictures/${'x'.repeat(3000)}/detect`, 414],
    ['/nowhere', 404],
  ])('%s', async (url, status) => {
    const answer = await fake.server.inject(post(url, { prompts: ['cat'] }));
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toEqual({
      error: { code: expect.any(String), message: expect.any(String) },
    });
  });
});

describe('connections', () => {
  test.each([
    ['no HTTP', 'hello\r\n\r\n', '400 Bad Request', 'bad_request'],
    ['huge headers', `GET / HTTP/1.1\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`, '431 ', 'too_large'],
    [
      'a request that does not end',
      'POST /v1/detect HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{',
      '408 Request Timeout',
      'timeout',
    ],
    ['headers that do not end', 'GET / HTTP/1.1\r\nhost: localh', '408 Request Timeout', 'timeout'],
    [
      'two lengths',
      'POST /v1/detect HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello',
      '400 Bad Request',
      'bad_request',
    ],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', '400 Bad Request', ''],
  ])('%s', async (_, text, line, code) => {
    const received = await send(text);
    expect(received).toMatch(new RegExp(`^HTTP/1.1 ${line}`));
    expect(received).toContain(code);
  });

  test('a client that goes in the middle of its body', async () => {
    const { port } = new URL(address);
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), '127.0.0.1', () => {
        socket.write(
          'POST /v1/detect HTTP/1.1\r\nhost: localhost\r\ncontent-type: multipart/form-data; ' +
            'boundary=a\r\ncontent-length: 1000\r\n\r\n--a\r\n',
          () => setTimeout(() => resolve(void socket.destroy()), 50),
        );
      });
    });
    const health = await (await fetch(`${address}/health`)).json();
    expect(health).toMatchObject({ status: 'UP' });
  });

  test('afterwards nothing is held', async () => {
    const health = (await (await fetch(`${address}/health`)).json()) as { queue: object };
    expect(health.queue).toEqual({ requests: 0, waiting: 0, running: 0 });
  });
});

/** A grey PNG of any header and content. */
function png(width: number, height: number, content: Buffer): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(content)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const frame = Buffer.alloc(4);
  frame.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([frame, body, check]);
}
