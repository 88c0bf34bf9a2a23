import { digestOfWeights } from '../src/checkpoints/modelDigest.js';
import { UserError } from '../src/errors.js';
import type { LoadOptions } from '../src/fgclip/model.js';
import type { PatchLimit } from '../src/images/naflex.js';
import { shippedModel } from '../src/modelFamily.js';
import { Detector } from './detector.js';
import { checkFit, fittedSettings, readFits } from './fit.js';
import { loadFeatureModel } from './loadModel.js';
import type { OwnSource } from './loadOptions.js';
import type { ProposalSource } from './proposals/source.js';

export interface DetectorOptions extends Omit<LoadOptions, 'taps'> {
  /**
   * Where regions come from: `network`, `photos` (the boxes of the model for photographs), `dense`,
   * `file:<COCO results>[,<COCO annotations>]`, `hub:<transformers.js detection model>`,
   * `module:<file.js>`, or a source of one's own. Default: the model folder's proposal network, or `photos` where
   * it has none.
   */
  proposals?: string | ProposalSource;
  /** What FG-CLIP's cosines are multiplied by, in place of what the model folder says. Other families have none. */
  temperature?: number;
  /**
   * The most patches that FG-CLIP 2 makes of a picture, in place of what the model folder says; `dynamic`, its default: by the
   * picture's own size, up to 1,024. Other families take none.
   */
  patches?: PatchLimit;
  /**
   * A file that `fgdet evaluate --fit` wrote, or one for prompts in words and one for those with examples: their threshold
   * and calibrations come before the model folder's.
   */
  fitted?: string | readonly string[];
  /**
   * Pictures that are encoded together, at the most, where several calls ask for it at the same time: for
   * servers. Scores may then differ in their last digits. Default: 1.
   */
  batch?: number;
  /** Told what a person should know of how the files of `proposals` were understood. */
  onNote?(note: string): void;
}

/**
 * Loads a detector from a model folder or from the Hugging Face Hub. Any FG-CLIP folder will do;
 * detector.json in it, if there is one, says how it detects.
 *
 * ```ts
 * const detector = await loadDetector();
 * const found = await detector.detect('street.jpg', ['a bicycle', 'a cup of coffee']);
 * ```
 *
 * @param folderOrHubId default: the model for photographs that ships with the package.
 * @throws UserError naming the file and what is wrong with it, or the device that is missing.
 */
export async function loadDetector(
  folderOrHubId: string = shippedModel,
  { proposals, fitted, onNote, ...options }: DetectorOptions = {},
): Promise<Detector> {
  if (typeof folderOrHubId !== 'string') {
    throw new UserError(
      'loadDetector takes the name of a model first, and then options: loadDetector(undefined, options) is the model that ships.',
    );
  }
  const fits = readFits(fitted === undefined ? [] : [fitted].flat());
  const temperature = options.temperature ?? fits.at(0)?.temperature;
  const named =
    typeof proposals === 'string' ? await namedSource(proposals, onNote, options) : undefined;
  const source = named?.source ?? (typeof proposals === 'object' ? proposals : 'default');
  const { model, settings, ...loaded } = await loadFeatureModel(
    folderOrHubId,
    { ...options, temperature },
    source,
  );
  const own = typeof proposals === 'object' ? undefined : loaded.boxes;
  let digest: Promise<string> | undefined;
  const detector = {
    source: loaded.source,
    boxes: named?.boxes ?? own,
    digest: () => {
      digest ??= digestOfWeights(loaded.folder);
      return digest;
    },
  };
  for (const fit of fits) await checkFit(fit, { ...loaded, ...detector, temperature });
  return new Detector(model, fittedSettings(settings, fits), detector);
}

async function namedSource(
  name: string,
  onNote: DetectorOptions['onNote'],
  options: LoadOptions,
): Promise<{ source: OwnSource | ProposalSource; boxes?: string }> {
  const { boxesOf, openSource, parseSource } = await import('./proposals/namedSource.js');
  const description = parseSource(name);
  switch (description.kind) {
    case 'network':
    case 'dense':
    case 'photos':
      return { source: description.kind };
    default:
      return {
        source: await openSource(description, onNote, options),
        boxes: boxesOf(description),
      };
  }
}
