import type { LoadOptions } from '../src/fgclip/model.js';
import type { PatchLimit } from '../src/images/naflex.js';
import type { FeatureModel } from './featureModel.js';
import type { PatchModel } from './patchModel.js';
import type { ProposalSource } from './proposals/source.js';
import type { ContrastSettings, DetectorSettings } from './settings.js';

/** Where regions come from without another program or file. */
export type OwnSource = 'network' | 'dense' | 'photos';

/** Where regions are to come from: `default` is the family's own choice, `none` loads nothing for them. */
export type WantedSource = OwnSource | ProposalSource | 'default' | 'none';

export interface ModelOptions extends Omit<LoadOptions, 'taps'> {
  /** As in `DetectorOptions`. */
  batch?: number;
  temperature?: number;
  patches?: PatchLimit;
}

/** A folder of a family whose patches and texts lie in one space, before it is known where regions come from. */
export interface OpenedFolder {
  settings: ContrastSettings;
  /** @param withNetwork whether the folder's proposal network is wanted, where it has one. */
  load(withNetwork: boolean): PatchModel & Required<Pick<PatchModel, 'views'>>;
}

export interface LoadedModel {
  model: FeatureModel;
  settings: DetectorSettings;
  /** The folder that it was loaded from. */
  folder: string;
  /** Where its own regions come from. */
  boxes: OwnSource;
  /** Where regions come from, if not from the model itself. */
  source?: ProposalSource;
}
