import { z } from 'zod';
import { digestOfModel } from '../src/checkpoints/modelDigest.js';
import { UserError } from '../src/errors.js';
import { readJsonFile } from '../src/files/jsonFile.js';
import { mostBytes } from '../src/files/regularFile.js';
import { calibrationSchema, type DetectorSettings } from './settings.js';

const fitSchema = z.strictObject({
  /** The model as it was named, and the digest of its folder. */
  model: z.string(),
  sha256: z.string(),
  /** Where its boxes came from, as `Detector.boxes` has it. */
  boxes: z.string(),
  /** What FG-CLIP's cosines were multiplied by, where that was not what the model says. */
  temperature: z.number().positive().optional(),
  /** The least score, calibrated, at which most was found with least that is wrong. */
  threshold: z.number().min(0).max(1),
  calibration: calibrationSchema,
  /** What it was fitted on, and what came of it; nothing of it is used. */
  measured: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
});

/** A threshold and a calibration that were measured on somebody's own pictures. */
export type Fit = z.infer<typeof fitSchema>;

/** Reads a file that `fgdet evaluate --fit` wrote. @throws UserError naming the file and every bad field. */
export function readFit(file: string): Fit {
  if (typeof file !== 'string') throw new UserError('"fitted" takes the path of one file.');
  return readJsonFile(
    file,
    fitSchema,
    'a threshold and calibration of fgdet evaluate --fit',
    mostBytes.settings,
  );
}

/** @throws UserError when it was made with another model or temperature, or for boxes from elsewhere. */
export async function checkFit(
  { model, sha256, boxes, temperature }: Fit,
  detector: { file: string; folder: string; boxes?: string; temperature?: number },
): Promise<void> {
  const { file } = detector;
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

/** A detector's settings with those of a fit in their place. */
export function fittedSettings(
  settings: DetectorSettings,
  { boxes, threshold, calibration }: Fit,
): DetectorSettings {
  return {
    ...settings,
    threshold,
    calibration: { ...settings.calibration, [boxes]: calibration },
  };
}
