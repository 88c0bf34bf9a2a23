import { readDetectorSettings } from '../../detectors/settings.js';
import { resolveModelFolder } from '../../src/checkpoints/resolveFolder.js';
import { UserError } from '../../src/errors.js';
import { FgClip } from '../../src/fgclip/model.js';
import { loadModelFolder } from '../../src/fgclip/modelFolder.js';
import { FgClip2 } from '../../src/fgclip2/model.js';
import { loadFgClip2Folder } from '../../src/fgclip2/modelFolder.js';
import { readNormalisation } from '../../src/fgclip2/preprocess.js';
import type { PatchLimit } from '../../src/images/naflex.js';
import type { Normalisation } from '../../src/images/preprocess.js';
import { readPreprocessing } from '../../src/images/preprocessorConfig.js';
import type { Device } from '../../src/jit/deviceNames.js';
import { type NdArray, ndarray } from '../../src/jit/ndarray.js';
import { familyOf } from '../../src/modelFamily.js';
import type { TowerConfig } from '../../src/nn/towerConfig.js';
import type { BoxBatch } from './batches.js';
import type { ProposalTrainingConfig } from './config.js';
import { putMap } from './grids.js';

/** The model that a proposal network is trained on, whatever its family. */
export interface BaseModel {
  folder: string;
  vision: TowerConfig & { patchSize: number };
  parameters: ReadonlyMap<string, NdArray>;
  normalisation: Normalisation;
  /** The most patches of a picture, where pictures keep their own aspect ratio instead of filling a square. */
  patches?: PatchLimit;
  /** Its tower, tapped after some of the blocks. */
  tower(options: { device: Device; taps: readonly number[] }): Tower;
}

/** A frozen vision tower. */
export interface Tower {
  /**
   * What it sees in a batch: each tap [batch, rows, columns, width], zeros beyond a picture's own grid.
   * @param wanted the places of pictures; what is said of the others is of no matter.
   */
  taps(batch: BoxBatch, wanted: ReadonlySet<number>): Promise<NdArray[]>;
  dispose(): Promise<void>;
}

/**
 * Opens the model of a training config.
 * @throws UserError for a bad folder, and for a size of pictures that its family or its patches do not take.
 */
export async function openBase(
  config: Pick<ProposalTrainingConfig, 'model' | 'imageSize' | 'patches'>,
): Promise<BaseModel> {
  const folder = await resolveModelFolder(config.model);
  return familyOf(folder) === 'fgclip2' ? openFgClip2(folder, config) : openFgClip(folder, config);
}

async function openFgClip(
  folder: string,
  { imageSize, patches }: Pick<ProposalTrainingConfig, 'imageSize' | 'patches'>,
): Promise<BaseModel> {
  const model = await loadModelFolder(folder);
  const { vision } = model.config;
  if (imageSize === undefined || patches !== undefined) {
    throw new UserError(
      'FG-CLIP is trained with "imageSize", the side of its square pictures; "patches" is for FG-CLIP 2.',
    );
  }
  if (imageSize % vision.patchSize !== 0) {
    throw new UserError(
      `imageSize is ${imageSize}, which is not a multiple of the model's patches of ` +
        `${vision.patchSize} pixels.`,
    );
  }
  return {
    ...{ folder, vision, parameters: model.parameters },
    normalisation: readPreprocessing(folder),
    tower(options) {
      const tower = new FgClip(model, options);
      return {
        // All of them: other numbers of pictures would be compiled anew.
        taps: ({ pixels }) => tower.taps(ndarray(pixels.data as Float32Array, pixels.shape)),
        dispose: () => tower.dispose(),
      };
    },
  };
}

async function openFgClip2(
  folder: string,
  { imageSize, patches }: Pick<ProposalTrainingConfig, 'imageSize' | 'patches'>,
): Promise<BaseModel> {
  const model = await loadFgClip2Folder(folder);
  const { vision } = model.config;
  if (imageSize !== undefined) {
    throw new UserError(
      'FG-CLIP 2 sees pictures in their own aspect ratio: give "patches", the most of them, instead of "imageSize".',
    );
  }
  return {
    ...{ folder, vision, parameters: model.parameters },
    normalisation: readNormalisation(folder),
    patches: patches ?? readDetectorSettings(folder).patches ?? 'dynamic',
    tower(options) {
      const tower = new FgClip2(model, options);
      return {
        taps: (batch, wanted) => patchTaps(tower, batch, wanted, options.taps.length),
        dispose: () => tower.dispose(),
      };
    },
  };
}

async function patchTaps(
  tower: FgClip2,
  { patches, grids, grid }: BoxBatch,
  wanted: ReadonlySet<number>,
  count: number,
): Promise<NdArray[]> {
  const { patchSize } = tower.patchSettings;
  const width = tower.config.vision.hiddenSize;
  const places = [...wanted];
  const pictures = places.map((place) => {
    const { rows, columns } = grids[place];
    const size = { width: columns * patchSize, height: rows * patchSize };
    return { patches: patches![place], rows, columns, ...size };
  });
  const seen = await tower.taps(pictures);
  return Array.from({ length: count }, (_, tap) => {
    const all = new Float32Array(grids.length * grid.rows * grid.columns * width);
    places.forEach((place, i) => {
      putMap(seen[i][tap].data as Float32Array, grids[place], all, { place, grid, width });
    });
    return ndarray(all, [grids.length, grid.rows, grid.columns, width]);
  });
}
