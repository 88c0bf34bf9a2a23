import type { AddressInfo } from 'node:net';
import type { FastifyInstance, InjectOptions } from 'fastify';
import sharp from 'sharp';
import { createServer, type ServerOptions } from '../../../app/server/server.js';
import { type Features, features } from '../../../detectors/features.js';
import type { ModelView } from '../../../detectors/patchModel.js';
import type { Size } from '../../../detectors/scales.js';
import { parseDetectorSettings } from '../../../detectors/settings.js';
import type { RgbImage } from '../../../src/images/rgbImage.js';
import { contrastDetector } from '../../detectors/contrastDetector.js';
import { FakeModel, type Planted } from '../../detectors/fakeModel.js';

export const cat: Planted = { phrase: 'red cat', box: [0.1, 0.15, 0.4, 0.6] };
export const dog: Planted = { phrase: 'grey dog', box: [0.55, 0.3, 0.9, 0.85] };

/** Finds a cat and a dog in every picture, when it may. */
export class GatedModel extends FakeModel {
  /** What it waits for before it looks at a picture. */
  gate: Promise<void> = Promise.resolve();
  looking = 0;

  constructor() {
    super([cat, dog], true);
  }

  override async view(shown: RgbImage, canvas: Size, mostProposals: number): Promise<ModelView> {
    this.looking++;
    await this.gate;
    this.looking--;
    return super.view(shown, canvas, mostProposals);
  }

  async imageFeatures(images: readonly RgbImage[]): Promise<Features> {
    return features(new Float32Array(64 * images.length).fill(1), 64);
  }

  /** Keeps it waiting until what is returned is called. */
  close(): () => void {
    let open = () => {};
    this.gate = new Promise((resolve) => {
      open = resolve;
    });
    return open;
  }
}

export interface TestServer {
  server: FastifyInstance;
  model: GatedModel;
  /** What was logged. */
  lines: string[];
}

/** A server whose model is a fake. */
export function testServer(options: Partial<ServerOptions> = {}): TestServer {
  const model = new GatedModel();
  const detector = contrastDetector(model, parseDetectorSettings({ temperature: 30, scales: [1] }));
  const lines: string[] = [];
  const log = (line: string) => lines.push(line);
  return { server: createServer({ detector, model: 'fake', log, ...options }), model, lines };
}

/** Starts a server at a free port. @returns its address. */
export async function listening(server: FastifyInstance): Promise<string> {
  await server.listen({ host: '127.0.0.1', port: 0 });
  return `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
}

/** A grey picture's file. */
export function picture(
  width = 320,
  height = 240,
  format: 'png' | 'jpeg' = 'png',
): Promise<Buffer> {
  const grey = { r: 128, g: 128, b: 128 };
  return sharp({ create: { width, height, channels: 3, background: grey } })
    .toFormat(format)
    .toBuffer();
}

/** A POST of JSON, for `inject`. */
export function post(url: string, payload: object, headers: Record<string, string> = {}) {
  return { method: 'POST', url, payload, headers } satisfies InjectOptions;
}

export interface Part {
  name: string;
  content: string | Buffer;
  /** Of a file. */
  filename?: string;
  /** Its content type. Default: none, of a file that of any bytes. */
  type?: string;
}

const boundary = 'x-boundary-of-a-test';

/** A POST of a form, for `inject`. */
export function postForm(url: string, parts: readonly Part[], end = `--${boundary}--\r\n`) {
  const chunks = parts.flatMap(
    ({ name, content, filename, type = filename && 'application/octet-stream' }) => [
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"` +
        `${filename ? `; filename="${filename}"` : ''}` +
        `${type ? `\r\nContent-Type: ${type}` : ''}\r\n\r\n`,
      content,
      '\r\n',
    ],
  );
  return {
    method: 'POST',
    url,
    payload: Buffer.concat([...chunks, end].map((chunk) => Buffer.from(chunk))),
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
  } satisfies InjectOptions;
}

/** Waits until something is so. */
export async function until(isSo: () => boolean, withinMs = 5000): Promise<void> {
  const end = Date.now() + withinMs;
  while (!isSo()) {
    if (Date.now() > end) throw new Error('it did not become so in time');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
