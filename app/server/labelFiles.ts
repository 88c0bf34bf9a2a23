import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { zipSync } from 'fflate';
import { z } from 'zod';
import { labelFormat, labelFormatNames } from '../../datasets/labels/formats.js';
import type { LabelSet } from '../../datasets/labels/labelSet.js';
import { filesBelow } from '../../src/files/filesBelow.js';
import { boxToXyxy } from '../../src/geometry/boxes.js';
import { hasHalfCharacter } from '../../src/wholeText.js';
import type { ServerContext } from './context.js';
import { askingSchemas, boxSchema } from './schemas.js';
import type { Routes } from './zodRoutes.js';

const side = z.int().min(1).max(1_000_000);
const mostBoxes = 10_000;
/** File systems take 255; formats put something behind a name. */
const mostNameBytes = 200;

/** POST /v1/labels: what was found in a picture, as a file of a label format. */
export const labelFileRoutes: Routes<ServerContext> = (server, { limits, model }, done) => {
  const { phrase } = askingSchemas(limits);
  const name = z
    .string()
    .min(1)
    .max(255)
    .regex(/^[^\\/\0\r\n]+$/, 'must be a name without folders')
    .refine((given) => given !== '.' && given !== '..', 'must be the name of a file')
    .refine((given) => !hasHalfCharacter(given), 'has half a character')
    .refine((given) => Buffer.byteLength(given) <= mostNameBytes, {
      error: `must have at most ${mostNameBytes} bytes`,
    });
  const detection = z.strictObject({
    label: phrase,
    score: z.number().min(0).max(1).optional(),
    box: boxSchema,
  });
  const body = z.strictObject({
    format: z.enum(labelFormatNames),
    file: name,
    width: side,
    height: side,
    detections: z.array(detection).max(mostBoxes),
    categories: z.array(phrase).max(limits.prompts).optional(),
  });
  server.post(
    '/v1/labels',
    {
      config: { answers: ['application/json', 'application/xml', 'application/zip'] },
      schema: { summary: 'Write what was found in a picture in a label format', body },
    },
    async (request, reply) => {
      const { format, file, width, height, detections, categories = [] } = request.body;
      const names = new Set([...categories, ...detections.map(({ label }) => label)]);
      const boxes = detections.map(({ box, ...rest }) => ({ ...rest, box: boxToXyxy(box) }));
      const set: LabelSet = {
        categories: [...names].map((category) => ({ name: category })),
        images: [{ file, width, height, boxes }],
      };
      const written = await labelFiles(format, set, model);
      const stem = file.replace(/(?<=.)\.[^.]*$/, '');
      const [[path, bytes]] = Object.entries(written);
      const single = Object.keys(written).length === 1;
      const download = single ? basename(path) : `${stem}.${format}.zip`;
      return reply
        .header('content-disposition', attachment(download))
        .type(
          !single
            ? 'application/zip'
            : /\.xml$/.test(path)
              ? 'application/xml'
              : 'application/json',
        )
        .send(Buffer.from(single ? bytes : zipSync(written, { mtime: '1980-01-01' })));
    },
  );
  done();
};

/** The files of a format, by their paths. */
async function labelFiles(format: string, set: LabelSet, modelVersion: string) {
  const { write, folder, extension } = labelFormat(format);
  const place = await mkdtemp(join(tmpdir(), 'fgdet-labels-'));
  try {
    await write(set, folder ? place : join(place, `labels${extension}`), {
      ...{ modelVersion, movable: true },
    });
    const files: Record<string, Uint8Array> = {};
    for (const path of filesBelow(place)) files[path] = await readFile(join(place, path));
    return files;
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

/** A file name in a header: what is no ASCII goes encoded (RFC 6266). */
function attachment(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  return `attachment; filename="${plain}"; filename*=UTF-8''${encodeURIComponent(name)}`;
}
