import type { FileHandle } from 'node:fs/promises';
import { z } from 'zod';
import { openRegular } from '../../src/files/regularFile.js';
import { pictureStart, pictureType, pictureTypes } from '../../src/images/pictureType.js';
import {
  type ReviewBox,
  type ReviewedPicture,
  type ReviewSession,
  SaveError,
} from '../prelabel/review.js';
import { Refusal } from './errors.js';
import { boxSchema } from './schemas.js';
import type { Routes } from './zodRoutes.js';

export const reviewBox = z.strictObject({
  label: z.string().trim().min(1).max(200),
  score: z.number().min(0).max(1).optional(),
  box: boxSchema,
});
/** More than anyone draws, so that a mistake does not fill the disk. */
const mostBoxes = 10_000;
const body = z.strictObject({ boxes: z.array(reviewBox).max(mostBoxes) });
/** A place in the list: 0, 1, 2. */
const place = z
  .string()
  .refine((text) => /^(0|[1-9]\d{0,8})$/.test(text), 'must be a whole number')
  .transform(Number)
  .meta({ type: 'integer', minimum: 0 });
export const params = z.object({ index: place });

const entry = z.object({
  index: z.int(),
  file: z.string(),
  width: z.int(),
  height: z.int(),
  boxes: z.int(),
  status: z.enum(['found', 'empty', 'failed']),
  reviewed: z.boolean(),
  uncertainty: z.number(),
});
const list = z.object({
  labels: z.array(z.string()),
  format: z.string(),
  images: z.int(),
  pictures: z.array(entry),
});
const one = z.object({
  index: z.int(),
  file: z.string(),
  width: z.int(),
  height: z.int(),
  reviewed: z.boolean(),
  boxes: z.array(reviewBox),
});

/** The pictures under review, their boxes, and what a person makes of them. */
export const reviewRoutes: Routes<{ session: ReviewSession }> = (server, { session }, done) => {
  server.get(
    '/v1/review',
    { schema: { summary: 'The pictures under review', response: { 200: list } } },
    async () => {
      const { labels, format, pictures } = session;
      return { labels, format, images: pictures.length, pictures };
    },
  );
  server.get(
    '/v1/review/:index',
    { schema: { summary: 'A picture under review and its boxes', params, response: { 200: one } } },
    async ({ params }) => {
      const { index, file, width, height, reviewed } = pictureAt(session, params.index);
      return { index, file, width, height, reviewed, boxes: await session.boxes(index) };
    },
  );
  server.get(
    '/v1/review/:index/picture',
    {
      config: { answers: [...pictureTypes] },
      schema: { summary: 'The file of a picture under review', params },
    },
    async ({ params }, reply) => {
      const { index, file } = pictureAt(session, params.index);
      const handle = await openRegular(session.path(index)).catch(() => {
        throw new Refusal(404, `${file} is no longer where it was.`);
      });
      const type = await typeOf(handle);
      if (type === undefined) {
        await handle.close();
        throw new Refusal(404, `${file} is no picture.`);
      }
      return reply
        .type(type)
        .headers({ 'cache-control': 'private, max-age=300', 'x-content-type-options': 'nosniff' })
        .send(handle.createReadStream({ start: 0 }));
    },
  );
  server.put(
    '/v1/review/:index',
    {
      schema: {
        summary: 'Save what a person made of the boxes',
        params,
        body,
        response: { 200: z.object({ reviewed: z.literal(true) }) },
      },
    },
    async ({ params, body }) => {
      const picture = pictureAt(session, params.index);
      body.boxes.forEach((box, i) => {
        checkInside(box, `boxes[${i}]`, picture);
      });
      await session.save(picture.index, body.boxes).catch((error) => {
        throw error instanceof SaveError
          ? new Refusal(500, error.message, { cause: error })
          : error;
      });
      return { reviewed: true as const };
    },
  );
  done();
};

/** By its content: whoever wrote the manifest may have named any file. */
async function typeOf(handle: FileHandle): Promise<string | undefined> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(pictureStart), 0, pictureStart, 0);
  return pictureType(buffer.subarray(0, bytesRead));
}

/** @throws Refusal where there is none of that place */
export function pictureAt({ pictures }: ReviewSession, index: number): ReviewedPicture {
  const picture = pictures[index];
  if (!picture) {
    const count = pictures.length;
    throw new Refusal(404, `There is no picture ${index}: there are ${count}, counted from 0.`);
  }
  return picture;
}

/** Boxes come rounded by those who sent them. */
const slack = 0.01;

/** @param where the box is in the request. @throws Refusal for one without area, or outside the picture */
export function checkInside(
  { label, box }: ReviewBox,
  where: string,
  { width, height }: ReviewedPicture,
): void {
  const { xmin, ymin, xmax, ymax } = box;
  const inside =
    xmin >= -slack && ymin >= -slack && xmax <= width + slack && ymax <= height + slack;
  if (inside && xmin < xmax && ymin < ymax) return;
  const corners = [xmin, ymin, xmax, ymax].join(', ');
  throw new Refusal(
    400,
    `${where} (${label}: ${corners}) is no box inside the picture of ${width} x ${height} pixels.`,
  );
}
