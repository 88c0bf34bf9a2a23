import { z } from 'zod';
import { digestOfModel } from '../src/checkpoints/modelDigest.js';
import { UserError } from '../src/errors.js';
import { readJsonFile } from '../src/files/jsonFile.js';
import { mostBytes } from '../src/files/regularFile.js';
import { calibrationSchema, type DetectorSettings } from './settings.js';

const fields = z.strictObject({
  /** The model as it was named, and the digest of its folder. */
  model: z.string(),
  sha256: z.string(),
  /** Where its boxes came from, as `Detector.boxes` has it. */
  boxes: z.string(),
  /** What FG-CLIP's cosines were multiplied by, where that was not what the model says. */
  temperature: z.number().positive().optional(),
  /** The least score, calibrated, at which most was found with least that is wrong. */
  threshold: z.number().min(0).max(1),
  /** Of prompts in words alone, or of those with examples. */
  calibration: calibrationSchema.optional(),
  exampleCalibration: calibrationSchema.optional(),
  /** What it was fitted on, and what came of it; nothing of it is used. */
  measured: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
});

const fitSchema = fields.refine(
  ({ calibration, exampleCalibration }) => (calibration ?? exampleCalibration) !== undefined,
  'must have a calibration, or an exampleCalibration',
);

/** A threshold and a calibration that were measured on somebody's own pictures. */
export type Fit = z.infer<typeof fitSchema>;

/** A fit, and where it is from. */
export interface FitFile extends Fit {
  file: string;
}

/**
 * Reads what `fgdet evaluate --fit` wrote: a file for words, one for examples, or both.
 * @throws UserError naming the file and every bad field, and two files for the same.
 */
export function readFits(files: readonly string[]): FitFile[] {
  const what = 'a threshold and calibration of fgdet evaluate --fit';
  const fits = files.map((file) => {
    return { ...readJsonFile(file, fitSchema, what, mostBytes.settings), file };
  });
  for (const kind of ['calibration', 'exampleCalibration'] as const) {
    const [first, second] = fits.filter((fit) => fit[kind]);
    if (!second) continue;
    const prompts = kind === 'calibration' ? 'in words' : 'with examples';
    throw new UserError(`${first.file} and ${second.file} are both for prompts ${prompts}.`);
  }
  return fits;
}

/** @throws UserError when it was made with another model or temperature, or for boxes from elsewhere. */
export async function checkFit(
  { file, model, sha256, boxes, temperature }: FitFile,
  detector: { folder: string; boxes?: string; temperature?: number },
): Promise<void> {
  if (detector.temperature !== temperature) {
    const told = (of?: number) =>
      of === undefined ? "the model's temperature" : `temperature ${of}`;
    throw new UserError(
      `${file} was fitted at ${told(temperature)}; this is ${told(detector.temperature)}.`,
    );
  }
  if (detector.boxes !== boxes) {
    throw new UserError(
      `${file} was fitted for boxes of ${boxes}; these are of ${detector.boxes ?? 'a source without a name'}.`,
    );
  }
  if ((await digestOfModel(detector.folder)) !== sha256) {
    throw new UserError(
      `${file} was fitted with ${model}, and the model in ${detector.folder} is another, or has changed since.`,
    );
  }
}

/** A detector's settings with those of fits in their place. Of two thresholds, that for words counts. */
export function fittedSettings(settings: DetectorSettings, fits: readonly Fit[]): DetectorSettings {
  const first = fits.find(({ calibration }) => calibration) ?? fits.at(0);
  const byBoxes = (kind: 'calibration' | 'exampleCalibration') => ({
    ...settings[kind],
    ...Object.fromEntries(fits.flatMap((fit) => (fit[kind] ? [[fit.boxes, fit[kind]]] : []))),
  });
  return {
    ...settings,
    threshold: first?.threshold ?? settings.threshold,
    calibration: byBoxes('calibration'),
    exampleCalibration: byBoxes('exampleCalibration'),
  };
}
