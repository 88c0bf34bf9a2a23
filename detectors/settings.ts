import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../src/errors.js';
import { checkJson, readJson, readJsonFile } from '../src/files/jsonFile.js';
import { packageRoot } from '../src/files/packageRoot.js';
import { mostBytes } from '../src/files/regularFile.js';
import { countTo, modelBounds, shortText } from '../src/modelBounds.js';
import type { ContrastDefinition } from './contrast.js';
import { networkSchema } from './proposals/networkConfig.js';

const share = z.number().min(0).max(1);
const nouns = z.array(shortText).max(modelBounds.nouns, `must be at most ${modelBounds.nouns}`);

/** A model's folder may be from anybody, who is not to say which other files are opened. */
const fileBeside = shortText.regex(/^[^/\\]+$/, 'must be the name of a file beside it');

const contrastSchema = z.strictObject({
  kinds: z.record(shortText, nouns).optional(),
  nouns: nouns.optional(),
  attributes: z.array(nouns.min(2)).max(modelBounds.nouns).optional(),
});

/** As `fgdet evaluate` fits it. */
export const calibrationSchema = z.strictObject({
  slope: z.number().positive(),
  offset: z.number(),
});

/** What every family's detector can be told; every field has a default. */
export const commonSettings = {
  /** Most regions that are looked at. */
  maxProposals: countTo(modelBounds.regions).default(200),
  /** Least score of a detection. */
  threshold: share.default(0.3),
  /** Boxes of one label that overlap more (intersection over union) are one. */
  nms: share.default(0.5),
  /** So are boxes that lie inside one another to this share. */
  containment: share.default(0.8),
  /** What becomes of such boxes: dropped, or their scores lowered. */
  method: z.enum(['hard', 'linear', 'gaussian']).default('hard'),
  /** Most boxes of one label in a picture. */
  maxDetections: countTo(modelBounds.regions).default(100),
  /**
   * What makes scores probabilities, by where regions come from, as `Detector.boxes` has it. Other sources' scores
   * stay as they are.
   */
  calibration: z.record(shortText, calibrationSchema).optional(),
  /** The same for prompts with examples, in words as well or not; where it says nothing, what is usual for the family. */
  exampleCalibration: z.record(shortText, calibrationSchema).optional(),
};

/** How a detector works, whatever its family. */
export type DetectorSettings = z.output<z.ZodObject<typeof commonSettings>>;

export const patchesSchema = z.union([z.literal('dynamic'), countTo(modelBounds.patches)]);

const vocabularySchema = z
  .union([fileBeside, nouns, contrastSchema], {
    error: 'must be a list of nouns, a file name, or {kinds, nouns, attributes}',
  })
  .optional();

const settingsSchema = z.strictObject({
  ...commonSettings,
  /** What prompts are weighed against: nouns, a whole definition, or a file that holds one of the two. */
  contrastVocabulary: vocabularySchema,
  /** The same for prompts in Chinese characters, with models that read them. */
  chineseVocabulary: vocabularySchema,
  /**
   * Sentences a phrase is put into, "{}" as it is, "{a}" with an article; features are averaged. Phrases in Chinese
   * characters are put into those in Chinese, where there are such, and others into the others.
   */
  templates: z
    .array(shortText.regex(/\{a?\}/, 'must contain {} or {a}'))
    .min(1)
    .max(modelBounds.templates)
    .default(['a photo of {a}']),
  /** What cosines are multiplied by before the softmax. */
  temperature: z.number().positive().max(300).default(50),
  /** Nouns whose text feature is closer to the prompt's (cosine) mean the same. */
  sameMeaning: share.default(0.95),
  /** Sizes at which a picture is looked at, in multiples of the size the model was trained on. */
  scales: z
    .array(z.number().positive().max(8))
    .min(1)
    .max(modelBounds.scales, `must be at most ${modelBounds.scales}`)
    .default([1, 2]),
  /**
   * For FG-CLIP 2: the most patches of a picture, on which depends how long it takes (by the square); `dynamic`: by the
   * picture's own size, up to 1,024.
   */
  patches: patchesSchema.optional(),
  /** Where regions come from: the trained network, the model for photographs, or the patch features alone. */
  proposals: z.enum(['network', 'photos', 'dense']).optional(),
  /** The sizes of the network in detector.safetensors. */
  network: networkSchema.optional(),
  /** Whether the quality of a proposal counts in its score, or only what it shows. */
  weighQuality: z.boolean().default(true),
});

/** How the detector of a folder of FG-CLIP works; every field has a default. */
export type ContrastSettings = Omit<
  z.output<typeof settingsSchema>,
  'contrastVocabulary' | 'chineseVocabulary'
> & {
  contrastVocabulary: ContrastDefinition;
  chineseVocabulary: ContrastDefinition;
};

/** Of either language; both name the same things. */
const generalVocabularies = {
  contrastVocabulary: join(packageRoot, 'configs/contrast/general.json'),
  chineseVocabulary: join(packageRoot, 'configs/contrast/chinese.json'),
};

/** What is published for models of FG-CLIP of a size, by the width of their vision tower: files in configs/detectors. */
const published = new Map([
  [768, 'fgclip-base.json'],
  [1024, 'fgclip-large.json'],
]);

/** And for FG-CLIP 2 of any size. */
const publishedFor2 = 'fgclip2.json';

/**
 * The settings in a model folder's detector.json. What that does not say is as published for models of this size,
 * else a default.
 * @param model its family, and the width of its vision tower; without it, nothing published counts.
 * @throws UserError naming the file and every bad field.
 */
export function readDetectorSettings(
  folder: string,
  model?: { family: 'fgclip' | 'fgclip2'; hiddenSize: number },
): ContrastSettings {
  const file = join(folder, 'detector.json');
  const given = existsSync(file) ? readJson(file, mostBytes.settings) : {};
  const known = model?.family === 'fgclip2' ? publishedFor2 : published.get(model?.hiddenSize ?? 0);
  if (!known || typeof given !== 'object') return parseDetectorSettings(given, file);
  const preset = readJson(join(packageRoot, 'configs/detectors', known)) as object;
  return parseDetectorSettings({ ...preset, ...given }, file);
}

/**
 * Checks the content of a detector.json.
 * @param file where it is from: error messages say so, and a vocabulary file is looked for beside it.
 */
export function parseDetectorSettings(json: unknown, file = 'detector.json'): ContrastSettings {
  const { contrastVocabulary, chineseVocabulary, ...rest } = checkJson(
    json,
    settingsSchema,
    file,
    'a detector config',
  );
  return {
    ...rest,
    contrastVocabulary: readContrast('contrastVocabulary', contrastVocabulary, file),
    chineseVocabulary: readContrast('chineseVocabulary', chineseVocabulary, file),
  };
}

/** @throws UserError for a vocabulary of too many nouns, or of none. */
function readContrast(
  field: keyof typeof generalVocabularies,
  given: string | string[] | ContrastDefinition | undefined,
  file: string,
): ContrastDefinition {
  const contrast = readDefinition(given, file, generalVocabularies[field]);
  const lists = [...Object.values(contrast.kinds ?? {}), contrast.nouns ?? []];
  const count = lists.reduce((sum, list) => sum + list.length, 0);
  if (count > modelBounds.nouns) {
    throw new UserError(
      `${file}: ${field} has ${count} nouns; at most ${modelBounds.nouns} are taken.`,
    );
  }
  if (count === 0) {
    throw new UserError(`${file}: ${field} names no nouns, so nothing could score low.`);
  }
  return contrast;
}

function readDefinition(
  given: string | string[] | ContrastDefinition | undefined,
  file: string,
  general: string,
): ContrastDefinition {
  if (Array.isArray(given)) return { nouns: given };
  if (typeof given === 'object') return given;
  const vocabularyFile = given === undefined ? general : resolve(file, '..', given);
  const schema = z.union([nouns, contrastSchema]);
  const content = readJsonFile(vocabularyFile, schema, 'a contrast vocabulary', mostBytes.settings);
  return Array.isArray(content) ? { nouns: content } : content;
}
