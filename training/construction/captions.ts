import sharp from 'sharp';
import { z } from 'zod';
import { readJsonFile } from '../../src/files/jsonFile.js';
import { decodeImage } from '../../src/images/decode.js';
import { askChecked } from './askChecked.js';
import { ChatEndpoint, endpointSchema } from './chatEndpoint.js';
import type { Draft } from './drafts.js';
import { type ConstructionStep, type Counts, Rejected } from './step.js';

const configSchema = z.strictObject({
  endpoint: endpointSchema,
  /** Asks for JSON with "long" and "short". */
  prompt: z.string().min(1),
  /** Longest side of the pictures that are sent, in pixels. */
  imageSize: z.int().positive().default(1024),
  /** Words that captions have, at least and at most. */
  longWords: z.tuple([z.int().positive(), z.int().positive()]).default([20, 220]),
  shortWords: z.tuple([z.int().positive(), z.int().positive()]).default([3, 30]),
  /** How often a question is asked until its answer passes the checks. */
  attempts: z.int().positive().default(3),
  /** Names under which records have what is kept, where they are not the usual ones. */
  fields: z
    .strictObject({
      image: z.string().optional(),
      caption: z.string().optional(),
      shortCaption: z.string().optional(),
    })
    .optional(),
});

/** How captions are written. */
export type CaptionConfig = z.infer<typeof configSchema>;

/** @throws UserError naming the file and every bad field */
export function readCaptionConfig(file: string): CaptionConfig {
  return readJsonFile(file, configSchema, 'a config for captions');
}

const answerSchema = z.object({ long: z.string(), short: z.string() });

/** Has a multimodal model write a long and a short caption of each picture; those that are there are kept. */
export function captionStep(config: CaptionConfig): ConstructionStep {
  const { endpoint: server, prompt, imageSize, attempts } = config;
  const endpoint = new ChatEndpoint(server);
  const { model, parameters } = server;
  return {
    name: 'captions',
    identity: { ...config, endpoint: { model, parameters } },
    concurrency: server.concurrency,
    async run(draft, counts, signal) {
      const { record } = draft;
      if (record.caption && record.short_caption) return { ...record };
      const picture = await smallJpeg(draft, imageSize);
      const question = { text: prompt, picture, signal };
      const { long, short } = await askChecked(endpoint, question, attempts, counts, (answer) => {
        const parsed = answerSchema.safeParse(answer);
        if (!parsed.success) throw new Rejected('the answer lacks "long" or "short"');
        checkCaption('long', parsed.data.long, config.longWords);
        checkCaption('short', parsed.data.short, config.shortWords);
        return parsed.data;
      });
      add(counts, 'words of long captions', words(long).length);
      return {
        ...record,
        caption: record.caption || long.trim(),
        short_caption: record.short_caption || short.trim(),
      };
    },
  };
}

function add(counts: Counts, name: string, count: number): void {
  counts[name] = (counts[name] ?? 0) + count;
}

/** The picture as servers take it: upright, not larger than it need be. */
async function smallJpeg({ picture, where }: Draft, side: number): Promise<Uint8Array> {
  const { data, width, height } = await decodeImage(await picture(), { name: where });
  return sharp(data, { raw: { width, height, channels: 3 } })
    .resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true })
    .jpeg({ quality: 90 })
    .toBuffer();
}

/** Words of models that speak of themselves instead of the picture. */
const refusal = /\b(I'm sorry|I am sorry|I can(?:no|')t|I am unable|as an AI|language model)\b/i;

function checkCaption(which: string, text: string, [fewest, most]: readonly number[]): void {
  const count = words(text).length;
  if (count < fewest) throw new Rejected(`the ${which} caption is too short`);
  if (count > most) throw new Rejected(`the ${which} caption is too long`);
  if (refusal.test(text)) throw new Rejected(`the ${which} caption speaks of the model`);
  if (repeats(text)) throw new Rejected(`the ${which} caption repeats itself`);
  if (which === 'long' && !/[.!?]["')\]]?$/.test(text.trim())) {
    throw new Rejected('the long caption breaks off');
  }
}

/** Models that loop say the same words over and over. */
function repeats(text: string): boolean {
  const all = words(text).map((word) => word.toLowerCase());
  const seen = new Set<string>();
  for (let i = 0; i + loopWords <= all.length; i++) {
    const run = all.slice(i, i + loopWords).join(' ');
    if (seen.has(run)) return true;
    seen.add(run);
  }
  return false;
}

/** Captions of a picture do not say eight words twice in the same order. */
const loopWords = 8;

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
