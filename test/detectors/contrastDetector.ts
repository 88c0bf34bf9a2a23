import { ContrastModel } from '../../detectors/contrastModel.js';
import { Detector } from '../../detectors/detector.js';
import type { PatchModel } from '../../detectors/patchModel.js';
import type { ProposalSource } from '../../detectors/proposals/source.js';
import type { ContrastSettings } from '../../detectors/settings.js';

/** A detector whose patches and texts are the model's. @param source of regions, as `loadDetector` has it. */
export function contrastDetector(
  model: PatchModel,
  settings: ContrastSettings,
  source?: 'network' | 'dense' | ProposalSource,
): Detector {
  const own = typeof source === 'string' ? source : undefined;
  const other = typeof source === 'object' ? source : undefined;
  const boxes = other ? undefined : (own ?? (model.hasNetwork ? 'network' : 'dense'));
  return new Detector(new ContrastModel(model, settings, own), settings, { source: other, boxes });
}
