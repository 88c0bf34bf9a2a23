import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { UserError } from '../../src/errors.js';
import { ImageError } from '../../src/images/imageError.js';
import { expandSources } from '../../src/images/sources.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fgdet-sources-'));
  await mkdir(join(folder, 'inner'));
  await mkdir(join(folder, 'empty'));
  for (const name of ['10.jpg', '2.JPG', '1.png', 'notes.txt', 'a [1].png', 'inner/3.webp']) {
    await writeFile(join(folder, name), name);
  }
});
afterAll(() => rm(folder, { recursive: true }));

async function names(inputs: string[], recursive = false): Promise<string[]> {
  const sources = await expandSources(
    inputs.map((input) => join(folder, input)),
    { recursive },
  );
  return sources.map(({ name }) => relative(folder, name));
}

describe('files, folders and patterns', () => {
  test('a folder stands for its pictures in natural order', async () => {
    expect(await names([''])).toEqual(['1.png', '2.JPG', '10.jpg', 'a [1].png']);
  });

  test('folders inside are looked into when asked', async () => {
    expect(await names([''], true)).toContain(join('inner', '3.webp'));
  });

  test('inputs keep their order and come once', async () => {
    expect(await names(['notes.txt', '*.{png,jpg}', '1.png'])).toEqual([
      'notes.txt',
      '1.png',
      '10.jpg',
      'a [1].png',
    ]);
  });

  test('a name that exists is not taken for a pattern', async () => {
    expect(await names(['a [1].png'])).toEqual(['a [1].png']);
  });

  test('files are read when asked', async () => {
    const [source] = await expandSources([join(folder, '10.jpg')]);
    expect(source.stem).toBe('10');
    expect(Buffer.from(await source.read()).toString()).toBe('10.jpg');
  });

  test.each([
    ['*.bmp', /no file matches this pattern/],
    ['empty', /has no picture/],
  ])('%s stands for nothing', async (input, message) => {
    const error = names([input]);
    await expect(error).rejects.toThrow(UserError);
    await expect(error).rejects.toThrow(message);
  });

  test('a file that is not there fails when it is read', async () => {
    const [source] = await expandSources([join(folder, 'none.jpg')]);
    await expect(source.read()).rejects.toThrow(/none\.jpg: there is no such file/);
  });

  test('no input at all', async () => {
    await expect(expandSources([])).rejects.toThrow(/No picture was given/);
  });
});

describe('links', () => {
  let place: string;

  beforeAll(async () => {
    place = join(folder, 'linked');
    await mkdir(join(place, 'sub/found'), { recursive: true });
    for (const name of ['b.jpg', 'sub/c.jpg', 'sub/found/c.png']) {
      await writeFile(join(place, name), name);
    }
    await symlink('b.jpg', join(place, 'a.jpg'));
    await symlink('../b.jpg', join(place, 'sub/d.jpg'));
    await symlink('..', join(place, 'sub/up'));
    await symlink('sub', join(place, 'again'));
  });
  afterAll(() => rm(place, { recursive: true }));

  async function expanded(input: string, options: object) {
    const links: string[] = [];
    const sources = await expandSources([join(place, input)], {
      ...options,
      onLink: (path, leadsTo) => links.push(`${relative(place, path)}: ${leadsTo}`),
    });
    return { names: sources.map(({ name }) => relative(place, name)), links: links.sort() };
  }

  test.each(['', '**/*.{jpg,png}'])('each picture once, by its own name: %j', async (input) => {
    const { names, links } = await expanded(input, { recursive: true });
    expect(names).toEqual(['b.jpg', 'sub/c.jpg', 'sub/found/c.png']);
    expect(links).toEqual([
      'a.jpg: picture',
      'again: folder',
      'sub/d.jpg: picture',
      'sub/up: folder',
    ]);
  });

  test('a link that is named is a picture like others', async () => {
    expect((await expanded('a.jpg', {})).names).toEqual(['a.jpg']);
  });

  test('what was written before into a folder inside is no picture of it', async () => {
    const output = join(place, 'sub/found');
    const { names } = await expanded('', { recursive: true, output });
    expect(names).toEqual(['b.jpg', 'sub/c.jpg']);
    expect((await expanded('sub/found', { output })).names).toEqual(['sub/found/c.png']);
  });
});

test('the standard input is read once and kept', async () => {
  const stdin = Readable.from([Buffer.from('ab'), Buffer.from('c')]);
  const sources = await expandSources(['-', '-'], { stdin });
  expect(sources).toHaveLength(1);
  expect(Buffer.from(await sources[0].read()).toString()).toBe('abc');
  expect(Buffer.from(await sources[0].read()).toString()).toBe('abc');
});

describe('addresses', () => {
  let server: Server;
  let base: string;

  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url === '/slow.jpg') return;
      if (request.url === '/gone.jpg') response.writeHead(404).end('gone');
      else if (request.url === '/unsized.jpg')
        response.write('x'.repeat(2000), () => response.end());
      else if (request.url === '/large.jpg') response.end('x'.repeat(2000));
      else response.end('picture');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  test('are fetched', async () => {
    const [source] = await expandSources([`${base}/a/two%20words.jpg?size=1`]);
    expect(source.stem).toBe('two words');
    expect(Buffer.from(await source.read()).toString()).toBe('picture');
  });

  test.each([
    ['gone.jpg', /gone\.jpg: the server answers 404 Not Found/],
    ['slow.jpg', /did not send it within 0\.3 s/],
    ['large.jpg', /larger than 0 MiB|larger than/],
    ['unsized.jpg', /larger than/],
  ])('%s gives one clear error', async (path, message) => {
    const [source] = await expandSources([`${base}/${path}`], { timeoutMs: 300, maxBytes: 1000 });
    const error = source.read();
    await expect(error).rejects.toThrow(ImageError);
    await expect(error).rejects.toThrow(message);
  });

  test('a server that is not there', async () => {
    const [source] = await expandSources(['http://127.0.0.1:1/x.jpg']);
    await expect(source.read()).rejects.toThrow(/cannot be fetched \(.+\)/);
  });
});
