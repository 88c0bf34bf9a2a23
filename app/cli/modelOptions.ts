import type { Argv } from 'yargs';
import type { Detector } from '../../detectors/detector.js';
import type { DetectorOptions } from '../../detectors/loadDetector.js';
import type { PatchLimit } from '../../src/images/naflex.js';
import { type Device, devices } from '../../src/jit/deviceNames.js';
import { modelBounds } from '../../src/modelBounds.js';
import { note, UsageError } from './common.js';

const precisions = ['float32', 'float16', 'int8'] as const;

export interface ModelArguments {
  model?: string;
  device: Device;
  precision: (typeof precisions)[number];
  patches?: PatchLimit;
  offline?: boolean;
  graphCache?: boolean;
  fitted?: string[];
}

/** For commands that look for things in pictures. */
export const fittedOption = {
  type: 'string',
  array: true,
  requiresArg: true,
  describe:
    "A file of evaluate --fit: its threshold and calibration come before the model folder's; repeat for one of words and one of examples",
} as const;

/**
 * Options of every command that runs a model.
 * @param otherwise which model runs when the command line names none, for the help.
 */
export function modelOptions<T>(
  yargs: Argv<T>,
  otherwise = 'the model for photographs that ships with fgdet',
): Argv<T & ModelArguments> {
  return yargs
    .option('model', {
      alias: 'm',
      type: 'string',
      requiresArg: true,
      describe: `Model folder or Hugging Face name; if absent, ${otherwise}`,
    })
    .option('device', {
      choices: devices,
      default: 'cpu' as const,
      describe: 'What runs the model',
    })
    .option('precision', {
      choices: precisions,
      default: 'float32' as const,
      describe:
        'float16 halves the memory that weights take; int8, for FG-CLIP models on cpu, is faster and slightly less exact',
    })
    .option('patches', {
      type: 'string',
      requiresArg: true,
      coerce: patchLimit,
      describe:
        'The most patches that FG-CLIP 2 makes of a picture: more shows smaller things and takes longer, by the square; "dynamic", its default: by the size of the picture, 128 to 1024',
    })
    .option('offline', { type: 'boolean', describe: 'Use no network: only models in the cache' })
    .option('graph-cache', {
      type: 'boolean',
      default: true,
      describe: 'Keep compiled graphs on the disk, for a quick start; --no-graph-cache does not',
    })
    .middleware(({ graphCache }) => {
      // For threads and processes that are started from here, too.
      if (!graphCache) process.env.FGDET_GRAPH_CACHE = '0';
    });
}

/** @throws UsageError for what is no number of patches. */
function patchLimit(given: string): PatchLimit {
  if (given === 'dynamic') return given;
  const count = Number(given);
  if (Number.isInteger(count) && count >= 1 && count <= modelBounds.patches) return count;
  throw new UsageError(
    `--patches takes "dynamic" or a whole number from 1 to ${modelBounds.patches}, not "${given}".`,
  );
}

/**
 * Loads the detector that the arguments name, with a bar while it is downloaded, and sets it to work on
 * the texts at once: pictures can be decoded meanwhile.
 * @param wanted how, as `loadDetector` has it.
 * @throws UserError for a bad model, device, source or prompt.
 */
export function startDetector(
  { model, device, precision, patches, offline, fitted }: ModelArguments,
  prompts: readonly string[],
  negatives: readonly string[] = [],
  wanted: Pick<DetectorOptions, 'proposals' | 'temperature' | 'batch'> = {},
): Promise<Detector> {
  const load = async () => {
    const { loadDetector } = await import('../../detectors/loadDetector.js');
    const options = { device, precision, patches, offline, fitted, ...wanted, onNote: note };
    const { existsSync } = await import('node:fs');
    const { proposals } = wanted;
    const downloads = [
      ...(model === undefined || existsSync(model) ? [] : [model]),
      ...(typeof proposals === 'string' && proposals.startsWith('hub:') ? [proposals] : []),
    ];
    if (downloads.length === 0) return loadDetector(model, options);
    const { withDownloadBar } = await import('../../src/checkpoints/downloadBar.js');
    return withDownloadBar(downloads.join(', '), (told) =>
      loadDetector(model, { ...options, ...told }),
    );
  };
  const detector = load();
  // Failures show where the detector is used; here nobody waits for them.
  detector.then((loaded) => loaded.prepare(prompts, negatives)).catch(() => {});
  return detector;
}
