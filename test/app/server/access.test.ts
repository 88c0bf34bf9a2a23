import { hostname } from 'node:os';
import type { FastifyInstance } from 'fastify';
import { isLoopback } from '../../../app/server/browserSafety.js';
import type { ServerOptions } from '../../../app/server/server.js';
import { post, testServer } from './testServer.js';

const servers: FastifyInstance[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

function start(options: Partial<ServerOptions>): FastifyInstance {
  const { server } = testServer(options);
  servers.push(server);
  return server;
}

const basic = (name: string, password: string) =>
  `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;

describe('a token', () => {
  const token = 'sésame: 42';

  test.each<[string, string | undefined, number]>([
    ['as a bearer token in UTF-8', `Bearer ${Buffer.from(token).toString('latin1')}`, 200],
    ['as a bearer token in Latin-1', `Bearer ${token}`, 200],
    ['as the password of Basic', basic('', token), 200],
    ['as the password of anyone', basic('label studio', token), 200],
    ['another password', basic('', 'sesame'), 401],
    [
      'Basic without a password',
      `Basic ${Buffer.from(token.replace(':', '')).toString('base64')}`,
      401,
    ],
    ['another token', 'Bearer sesame', 401],
    ['the token alone', 'sesame', 401],
    ['another scheme', 'Digest sesame', 401],
    ['nothing', undefined, 401],
    ['an empty one', '', 401],
  ])('%s', async (_, authorization, status) => {
    const server = start({ token });
    const headers = authorization === undefined ? {} : { authorization };
    const answer = await server.inject({ url: '/v1/settings', headers });
    expect(answer.statusCode).toBe(status);
    if (status === 401) {
      expect(answer.headers['www-authenticate']).toMatch(/^Basic /);
      expect(answer.json().error.code).toBe('unauthorized');
    }
  });

  test('a bearer token', async () => {
    const server = start({ token: 'abc' });
    const headers = { authorization: 'bearer abc' };
    expect((await server.inject({ url: '/v1/settings', headers })).statusCode).toBe(200);
  });

  test('is not needed for /health and the page, and for everything else', async () => {
    const server = start({ token });
    for (const url of ['/health', '/', '/page/base.css']) {
      expect((await server.inject({ url })).statusCode).toBe(200);
    }
    for (const url of ['/metrics', '/openapi.json', '/nowhere', '/health/x']) {
      expect((await server.inject({ url })).statusCode).toBe(401);
    }
    for (const url of ['/v1/detect', '/predict', '/setup', '/webhook', '/cvat', '/', '/health']) {
      expect((await server.inject(post(url, {}))).statusCode).toBe(401);
    }
  });
});

describe('names of the server', () => {
  const ask = async (host: string, options: Partial<ServerOptions> = {}) =>
    (await start(options).inject({ url: '/health', headers: { host } })).statusCode;

  test.each(['localhost', 'localhost:8080', '127.0.0.1:8080', '[::1]:8080', 'LOCALHOST:1'])(
    '%s is one of this machine',
    async (host) => {
      expect(await ask(host)).toBe(200);
    },
  );

  test.each([
    'evil.test',
    'evil.test:8080',
    'localhost.evil.test',
    '127.0.0.1.evil.test',
    '192.168.1.2',
  ])('%s is not', async (host) => {
    expect(await ask(host)).toBe(403);
  });

  test('all are answered to where there is a token', async () => {
    expect(await ask('evil.test', { token: 'x' })).toBe(200);
  });

  test.each<[string, number]>([
    ['gpu.lan:8080', 200],
    ['fgdet:9090', 200],
    ['192.168.1.2:8080', 200],
    ['[fe80::1]:8080', 200],
    [hostname(), 200],
    ['evil.test', 403],
    ['192.168.1.2.evil.test:8080', 403],
  ])('%s, where others of the network are to come: %i', async (name, status) => {
    expect(await ask(name, { host: '0.0.0.0' })).toBe(status);
  });
});

describe('pages of other sites', () => {
  const origin = 'https://app.test';
  const ask = (options: Partial<ServerOptions>, headers: Record<string, string>) =>
    start(options).inject(post('/webhook', { action: 'PROJECT_UPDATED' }, headers));

  test('may not use the server', async () => {
    for (const other of [origin, 'null', 'http://localhost:9999']) {
      const answer = await ask({}, { origin: other, host: 'localhost:8080' });
      expect(answer.statusCode).toBe(403);
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    }
  });

  test('unless they are allowed', async () => {
    const answer = await ask({ cors: origin }, { origin });
    expect(answer.statusCode).toBe(201);
    expect(answer.headers['access-control-allow-origin']).toBe(origin);
    expect((await ask({ cors: origin }, { origin: 'https://evil.test' })).statusCode).toBe(403);
  });

  test('ask first, without a token', async () => {
    const server = start({ cors: origin, token: 'x' });
    const headers = { origin, 'access-control-request-method': 'POST' };
    const preflight = () => server.inject({ method: 'OPTIONS', url: '/v1/detect', headers });
    const answer = await preflight();
    expect(answer.statusCode).toBe(204);
    expect(answer.headers['access-control-allow-headers']).toContain('authorization');
    headers.origin = 'https://evil.test';
    expect((await preflight()).statusCode).toBe(403);
  });

  test('the server’s own page may', async () => {
    const answer = await ask({}, { origin: 'http://localhost:8080', host: 'localhost:8080' });
    expect(answer.statusCode).toBe(201);
  });
});

test('every answer has the headers that keep browsers from what is not meant', async () => {
  const server = start({ token: 'x' });
  for (const url of ['/health', '/nowhere', '/v1/settings']) {
    const { headers } = await server.inject({ url });
    expect(headers['content-security-policy']).toContain("default-src 'self'");
    expect(headers['x-content-type-options']).toBe('nosniff');
    // Or pages of others could show pictures under review, and learn their sizes.
    expect(headers['cross-origin-resource-policy']).toBe('same-origin');
  }
});

test.each([
  ['127.0.0.1', true],
  ['127.5.5.5', true],
  ['localhost', true],
  ['::1', true],
  ['0.0.0.0', false],
  ['::', false],
  ['192.168.1.1', false],
  ['localhost.evil.test', false],
])('%s is reached from this machine alone: %s', (host, is) => {
  expect(isLoopback(host)).toBe(is);
});
