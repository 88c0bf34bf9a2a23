import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
// For the `hide` of routes that are no part of the interface.
import type {} from '@fastify/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { packageRoot } from '../../src/files/packageRoot.js';
import { Refusal } from './errors.js';
import type { Routes } from './zodRoutes.js';

const compiled = join(dirname(fileURLToPath(import.meta.url)), '../..');
const written = join(packageRoot, 'app/server/page');
const inter = dirname(
  createRequire(import.meta.url).resolve('@fontsource-variable/inter/wght.css'),
);
const samples = join(packageRoot, 'samples');

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.jpg': 'image/jpeg',
  '.woff2': 'font/woff2',
};

/** What of the folders may be had below /page/; modules keep the places they import each other from. */
const shared =
  'colourMap|drawBoxes|fitText|heatmapPixels|heatmapStrip|labelColours|placeLabels|textSize';
const places: readonly { path: RegExp; folder: string }[] = [
  { path: /^(app\/server\/page\/\w+\.js(?:\.map)?)$/, folder: compiled },
  {
    path: new RegExp(`^(src/(?:images/(?:${shared})|text/phrasings)\\.js(?:\\.map)?)$`),
    folder: compiled,
  },
  { path: /^(\w+\.(?:css|svg))$/, folder: written },
  { path: /^inter\/(wght\.css|files\/[\w-]+\.woff2)$/, folder: inter },
  { path: /^samples\/(\w+\.jpg)$/, folder: samples },
];

interface PageFile {
  bytes: Buffer;
  etag: string;
  type: string;
}

export interface PageOptions {
  /** What whoever does not ask for HTML at / is told. */
  health(): unknown;
}

/** The web page at / and its files below /page/, for anyone: they hold no secrets. */
export const pageRoutes: Routes<PageOptions> = (server, { health }, done) => {
  const files = new Map<string, Promise<PageFile>>();
  const fileAt = (path: string): Promise<PageFile> => {
    let file = files.get(path);
    if (!file) {
      file = pageFile(path);
      files.set(path, file);
      // What is not there is not remembered: names that could be asked for have no end.
      file.catch(() => files.delete(path));
    }
    return file;
  };
  const summary = 'The page, for browsers; for others as /health';
  const answers = ['text/html', 'application/json'];
  server.get(
    '/',
    { config: { open: true, answers }, schema: { summary } },
    async (request, reply) => {
      reply.header('vary', 'accept');
      if (!request.headers.accept?.includes('text/html')) return health();
      return send(await fileAt(join(written, 'index.html')), request, reply);
    },
  );
  server.get(
    '/page/*',
    { config: { open: true }, schema: { hide: true } },
    async (request, reply) => {
      const { '*': asked } = request.params as { '*': string };
      const place = places.find(({ path }) => path.test(asked));
      if (!place) throw new Refusal(404, 'The page has no such file.');
      const [, name] = place.path.exec(asked) as RegExpExecArray;
      return send(await fileAt(join(place.folder, name)), request, reply);
    },
  );
  done();
};

async function pageFile(path: string): Promise<PageFile> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new Refusal(404, 'The page has no such file.');
    throw error;
  });
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  return { bytes, etag, type: types[extname(path)] };
}

function send(file: PageFile, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.headers({
    etag: file.etag,
    // Asked about each time, so that a newer version of the package never meets older files.
    'cache-control': file.type === types['.woff2'] ? 'max-age=604800' : 'no-cache',
  });
  if (request.headers['if-none-match']?.includes(file.etag)) return reply.code(304).send();
  return reply.type(file.type).send(file.bytes);
}
