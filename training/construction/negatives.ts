import { z } from 'zod';
import { hardNegativesPerRegion, type StoredBox } from '../../datasets/finehard.js';
import { readJsonFile } from '../../src/files/jsonFile.js';
import { createRandom } from '../../src/random.js';
import { askChecked } from './askChecked.js';
import type { AttributeLexicon } from './attributeLexicon.js';
import { ChatEndpoint, endpointSchema } from './chatEndpoint.js';
import { checkRewrites } from './checkRewrites.js';
import { rewriteAttributes } from './rewriteAttributes.js';
import { type ConstructionStep, type Counts, Rejected } from './step.js';

const configSchema = z.strictObject({
  endpoint: endpointSchema,
  /** "{text}" stands for the description, "{count}" for how many rewrites are asked for. Asks for a JSON list. */
  prompt: z.string().includes('{text}', 'must contain {text}'),
  /** How often a description's missing rewrites are asked for. */
  attempts: z.int().positive().default(3),
});

/** How a language model is asked for negatives. */
export type NegativeConfig = z.infer<typeof configSchema>;

/** @throws UserError naming the file and every bad field */
export function readNegativeConfig(file: string): NegativeConfig {
  return readJsonFile(file, configSchema, 'a config for negatives');
}

/** Writes rewrites of a description. */
interface Rewriter {
  identity: unknown;
  concurrency: number;
  /** @param known rewrites that are there already */
  write(
    text: string,
    known: readonly string[],
    counts: Counts,
    signal?: AbortSignal,
  ): Promise<string[]>;
  /** How often it is asked for those that are missing. */
  attempts: number;
}

/**
 * Gives each description of a box ten wrong versions with other attributes; those that have them keep them.
 * A description for which there are not ten that pass the checks gets none.
 * @param config of a language model; without it the lexicon writes them
 */
export function negativeStep(
  lexicon: AttributeLexicon,
  { config, seed }: { config?: NegativeConfig; seed: number },
): ConstructionStep {
  const rewriter = config ? askedRewriter(config) : lexiconRewriter(lexicon, seed);
  const words = [...lexicon.attributes].map(([key, list]) => [
    key,
    list.map(({ others }) => others),
  ]);
  return {
    name: 'negatives',
    identity: [rewriter.identity, words],
    concurrency: rewriter.concurrency,
    async run({ record }, counts, signal) {
      const boxes: StoredBox[] = [];
      for (const box of record.bbox_info) {
        boxes.push(
          box.flag_short_neg ? box : await withNegatives(box, rewriter, lexicon, counts, signal),
        );
      }
      return { ...record, bbox_info: boxes };
    },
  };
}

async function withNegatives(
  box: StoredBox,
  rewriter: Rewriter,
  lexicon: AttributeLexicon,
  counts: Counts,
  signal?: AbortSignal,
): Promise<StoredBox> {
  const add = (name: string, count: number) => {
    counts[name] = (counts[name] ?? 0) + count;
  };
  const text = box.short_expr;
  add('descriptions', 1);
  let passed: string[] = [];
  for (let i = 0; i < rewriter.attempts && passed.length < hardNegativesPerRegion; i++) {
    const rewrites = await rewriter.write(text, passed, counts, signal);
    const checked = checkRewrites(text, [...passed, ...rewrites], lexicon);
    add('rewrites', rewrites.length);
    for (const [reason, count] of Object.entries(checked.refused)) add(`refused: ${reason}`, count);
    passed = checked.passed;
  }
  const enough = passed.length >= hardNegativesPerRegion;
  add(enough ? 'descriptions with negatives' : 'descriptions with too few rewrites', 1);
  const kept = enough ? passed.slice(0, hardNegativesPerRegion) : [];
  return {
    ...box,
    short_expr_negs: Object.fromEntries(kept.map((rewrite, i) => [String(i), rewrite])),
    flag_short_neg: enough ? 1 : 0,
  };
}

function lexiconRewriter(lexicon: AttributeLexicon, seed: number): Rewriter {
  const random = createRandom(seed);
  return {
    identity: { seed },
    concurrency: 1,
    attempts: 2,
    write: async (text, known) => {
      const most = hardNegativesPerRegion - known.length;
      return rewriteAttributes(text, lexicon, most, random.fork(text).fork(most), known);
    },
  };
}

const answerSchema = z.array(z.string().trim().min(1));

function askedRewriter({ endpoint: server, prompt, attempts }: NegativeConfig): Rewriter {
  const endpoint = new ChatEndpoint(server);
  const { model, parameters, concurrency } = server;
  return {
    identity: { model, parameters, prompt, attempts },
    concurrency,
    attempts,
    async write(text, known, counts, signal) {
      const count = hardNegativesPerRegion - known.length;
      const asked = prompt.replaceAll('{text}', () => text).replaceAll('{count}', String(count));
      const besides = known.length > 0 ? `\nOther than: ${JSON.stringify(known)}` : '';
      return askChecked(endpoint, { text: asked + besides, signal }, 1, counts, (answer) => {
        const parsed = answerSchema.safeParse(answer);
        if (!parsed.success) throw new Rejected('the answer is no list of texts');
        return parsed.data;
      }).catch((error) => {
        // The next attempt may do better.
        if (error instanceof Rejected) return [];
        throw error;
      });
    },
  };
}
