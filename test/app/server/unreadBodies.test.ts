import { connect, type Socket } from 'node:net';
import { listening, type TestServer, testServer } from './testServer.js';

const MiB = 2 ** 20;

let fake: TestServer;
let address: string;

beforeAll(async () => {
  fake = testServer({ limits: { bodyBytes: MiB, refusedMs: 500 } });
  address = await listening(fake.server);
});

afterAll(() => fake.server.close());

const head = (path: string, more: Record<string, string | number>, method = 'POST') =>
  `${method} ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n` +
  `${Object.entries(more)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`;

/** Sends a head and then what `send` does. @returns all that came until the connection was closed. */
function ask(text: string, send: (socket: Socket) => void = () => {}): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(address).port), '127.0.0.1');
    let received = '';
    socket.on('data', (data) => {
      received += data;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(received));
    socket.write(text);
    send(socket);
  });
}

describe('a client that goes on sending what was refused', () => {
  const chunk = Buffer.alloc(MiB / 4, 32);
  test.each([
    ['too much', head('/v1/detect', { 'content-length': 1e12 }), 413],
    ['to no address', head('/nowhere', { 'content-length': 1e12 }), 404],
    ['to one that is none', head('/v1/pictures/%zz/detect', { 'content-length': 1e12 }), 400],
    ['of no length', head('/nowhere', { 'transfer-encoding': 'chunked' }), 404],
    ['with what reads none', head('/health', { 'content-length': 1e6 }, 'GET'), 200],
  ])('%s, is cut off', async (_, text, status) => {
    let sent = 0;
    const received = await ask(text, (socket) => {
      const more = (error?: Error | null) => {
        if (error || !socket.writable) return;
        if (/chunked/.test(text)) socket.write(`${chunk.length.toString(16)}\r\n`);
        sent += chunk.length;
        socket.write(chunk, more);
        if (/chunked/.test(text)) socket.write('\r\n');
      };
      // It stops in the middle of a body that was not too large.
      if (!/: 1000000\r/.test(text)) more();
    });
    expect(received).toMatch(new RegExp(`^HTTP/1.1 ${status} [^]*connection: close\r`, 'i'));
    expect(received).toMatch(/\r\n\r\n\{.*\}$/);
    // Systems hold some of it on its way.
    expect(sent).toBeLessThan(20 * MiB);
  });

  test('but not before it can have read the answer', async () => {
    const text = head('/v1/detect', { 'content-length': 1_900_000 });
    for (let i = 0; i < 5; i++) {
      const received = await ask(text, (socket) => {
        socket.pause();
        socket.write(Buffer.alloc(1_900_000), () => socket.resume());
      });
      expect(received).toMatch(/^HTTP\/1.1 413 .*\{"error":.*\}$/s);
    }
  });
});

describe('a client that asks before it sends', () => {
  const expects = { expect: '100-continue' };

  test('is told to when its body is wanted', async () => {
    const body = '{"texts": ["cat"]}';
    const text = head('/v1/embed', {
      ...{ ...expects, 'content-length': body.length, connection: 'close' },
    });
    const received = await ask(text, (socket) => socket.once('data', () => socket.write(body)));
    expect(received).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK\r\n/);
  });

  test.each([
    ['too much', '/v1/detect', { ...expects, 'content-length': 1e12 }, 413],
    ['to no address', '/nowhere', { ...expects, 'content-length': 10 }, 404],
    ['what is compressed', '/v1/embed', { ...expects, 'content-encoding': 'gzip' }, 415],
    ['for something else', '/v1/embed', { expect: 'tea', 'content-length': 10 }, 417],
  ])('%s, is told at once, and the connection ends', async (_, path, headers, status) => {
    const received = await ask(head(path, headers));
    expect(received).toMatch(new RegExp(`^HTTP/1.1 ${status} [^]*connection: close\r`, 'i'));
  });
});
