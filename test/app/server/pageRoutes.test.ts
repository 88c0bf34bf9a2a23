import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { packageRoot } from '../../../src/files/packageRoot.js';
import { picture, post, postForm, type TestServer, testServer } from './testServer.js';

let started: TestServer[] = [];
const start = (...options: Parameters<typeof testServer>) => {
  const test = testServer(...options);
  started.push(test);
  return test.server;
};
afterEach(async () => {
  await Promise.all(started.map(({ server }) => server.close()));
  started = [];
});

const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

test('browsers get the page at /, others hear of the health', async () => {
  const server = start();
  const page = await server.inject({ url: '/', headers: html });
  expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
  expect(page.body).toMatch(/<title>fgdet<\/title>/);
  expect(page.headers.vary).toBe('accept');
  const health = await server.inject({ url: '/', headers: { accept: '*/*' } });
  expect(health.json()).toMatchObject({ status: 'UP', model_class: 'fgdet' });
});

test('it may run nothing but its own files', async () => {
  const server = start();
  const page = await server.inject({ url: '/', headers: html });
  const policy = String(page.headers['content-security-policy']);
  expect(policy).toContain("default-src 'self'");
  expect(policy).not.toMatch(/unsafe|\*|https?:/);
  // What the policy forbids is not there.
  expect(page.body).not.toMatch(/<style|style="|<script(?![^>]* src=)|\son\w+="/);
});

test('all that it names and imports is there, and of this server', async () => {
  const server = start();
  const { body } = await server.inject({ url: '/', headers: html });
  const queue = [...body.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, path]) => `/${path}`);
  const seen = new Set<string>();
  for (const path of queue) {
    if (seen.has(path)) continue;
    seen.add(path);
    const file = await server.inject({ url: path });
    expect([path, file.statusCode]).toEqual([path, 200]);
    const types = /javascript|css|svg|jpeg|woff2/;
    expect(String(file.headers['content-type'])).toMatch(types);
    const links = path.endsWith('.js')
      ? file.body.matchAll(/from '([^']+)'/g)
      : path.endsWith('.css')
        ? file.body.matchAll(/url\(([^)]+)\)/g)
        : [];
    for (const [, link] of links) queue.push(new URL(link, `http://x${path}`).pathname);
  }
  expect(seen.size).toBeGreaterThan(40);
});

test('files are asked about again, and sent again only when they have changed', async () => {
  const server = start();
  const url = '/page/base.css';
  const { headers } = await server.inject({ url });
  expect(headers['cache-control']).toBe('no-cache');
  const again = await server.inject({ url, headers: { 'if-none-match': String(headers.etag) } });
  expect([again.statusCode, again.body]).toEqual([304, '']);
});

test.each([
  '../../../package.json',
  '..%2f..%2fpackage.json',
  'app/server/server.js',
  'app/server/page/../server.js',
  'app/server/page/nothing.js',
  'src/images/draw.js',
  'inter/package.json',
  'samples/../package.json',
  'index.html',
])('%s is no file of the page', async (path) => {
  expect((await start().inject({ url: `/page/${path}` })).statusCode).toBe(404);
});

test('the page and the rest of the package share only what needs no Node', () => {
  const folder = join(packageRoot, 'app/server/page');
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.ts'))) {
    const imports = readFileSync(join(folder, name), 'utf8').matchAll(/from '([^']+)'/g);
    for (const [, path] of imports)
      expect(path).toMatch(/^(?:\.|\.\.\/\.\.\/\.\.\/src\/(?:images|text))\/\w+\.js$/);
  }
});

test('pictures are turned into what a browser shows', async () => {
  const server = start();
  const form = (content: Buffer) =>
    postForm('/page/picture', [{ name: 'image', content, filename: 'a' }]);
  const png = await picture();
  const same = await server.inject(form(png));
  expect(same.headers['content-type']).toBe('image/png');
  expect(same.rawPayload.equals(png)).toBe(true);

  const tiff = await sharp(png).tiff().toBuffer();
  const shown = await server.inject(form(tiff));
  expect(shown.headers['content-type']).toBe('image/jpeg');
  expect(await sharp(shown.rawPayload).metadata()).toMatchObject({ width: 320, height: 240 });

  expect((await server.inject(form(Buffer.from('<svg/>')))).statusCode).toBe(422);
  const local = post('/page/picture', { image: { url: 'http://127.0.0.1/a.png' } });
  expect((await server.inject(local)).statusCode).toBe(403);
});

test('the page is asked for a token without a challenge, which browsers would act on', async () => {
  const server = start({ token: 'a' });
  const headers = { 'x-requested-with': 'fgdet' };
  const refused = await server.inject({ url: '/v1/settings', headers });
  expect(refused.statusCode).toBe(401);
  expect(refused.headers['www-authenticate']).toBeUndefined();
});
