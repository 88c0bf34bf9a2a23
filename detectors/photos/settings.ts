import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { checkJson, readJson } from '../../src/files/jsonFile.js';
import { mostBytes } from '../../src/files/regularFile.js';
import { countTo, modelBounds, shortText } from '../../src/modelBounds.js';
import { calibrationSchema, commonSettings } from '../settings.js';

const weight = z.number().min(0).max(10);

const settingsSchema = z.strictObject({
  ...commonSettings,
  maxProposals: commonSettings.maxProposals.default(100),
  threshold: commonSettings.threshold.default(0.4),
  /** Proposals overlap little, and one thing may lie inside another: a tie on a person. */
  containment: commonSettings.containment.default(1),
  /** How a name becomes a text: "{}" as it is, "{a}" with an article before a singular noun without one. */
  template: shortText.regex(/\{a?\}/, 'must contain {} or {a}').default('{a}'),
  /** τ of exp(τ · (cosine − 1)), a text's likeness to the name of a class. */
  sharpness: z.number().positive().max(100).default(6),
  /** What the probabilities of a crop's classes weigh, times the quality of the box. */
  classWeight: weight.default(1),
  /** The same for boxes that were given: those have no quality of this model's. */
  givenClassWeight: weight.default(0.3),
  /** Of a picture's boxes, how many of the best are cut out and looked at one by one. */
  crops: z.int().nonnegative().max(modelBounds.regions).default(20),
  /** Names that a box can have. With more prompts than that, and only then, prompts influence each other. */
  namesPerRegion: countTo(modelBounds.entries).default(5),
  /** At the threshold above, a name must be among so many that fit a box best, background names counted. */
  gateRank: countTo(modelBounds.entries).default(10),
  /**
   * What makes a probability of likeness to examples, cosine · √quality, so that it can be weighed against that of a name;
   * fitted on COCO_Tiny's train2017.
   */
  likeness: calibrationSchema.default({ slope: 2.66, offset: -0.76 }),
  /** Background names closer (cosine) to a prompt mean the same, and are not held against it. */
  sameMeaning: z.number().min(0).max(1).default(0.6),
});

/** How the detector of the model for photographs works; every field has a default. */
export type PhotosSettings = z.output<typeof settingsSchema>;

/**
 * The settings in a model folder's detector.json; defaults without one.
 * @throws UserError naming the file and every bad field.
 */
export function readPhotosSettings(folder: string): PhotosSettings {
  const file = join(folder, 'detector.json');
  return parsePhotosSettings(existsSync(file) ? readJson(file, mostBytes.settings) : {}, file);
}

/** Checks the content of a detector.json. @param file where it is from, for error messages. */
export function parsePhotosSettings(json: unknown, file = 'detector.json'): PhotosSettings {
  return checkJson(json, settingsSchema, file, 'a detector config');
}
