import { join } from 'node:path';
import { captionedRecord } from '../datasets/records/captionedRecord.js';
import { RecordReader, type RecordTable } from '../datasets/records/recordTable.js';
import { UserError } from '../src/errors.js';
import type { FgClipConfig } from '../src/fgclip/config.js';
import { parseJson } from '../src/files/jsonFile.js';
import type { Normalisation } from '../src/images/preprocess.js';
import { parsePreprocessorConfig } from '../src/images/preprocessorConfig.js';
import type { Random } from '../src/random.js';
import type { TrainingConfig } from './config.js';
import type { BadRecord } from './firstReadable.js';
import type { ModelFiles } from './initialModel.js';
import { type ModelSizes, type PlainBatch, packTexts, type Tokenize } from './packing.js';
import { type Oriented, type OrientedRecord, PictureBatches } from './pictureBatch.js';
import { preparePixels } from './pixels.js';
import { drawSample, type Sample } from './sample.js';
import type { StepShape } from './stepShape.js';
import { openTokenize } from './tokenize.js';

/** What batches are made from. */
export interface BatchSource {
  config: TrainingConfig;
  shape: StepShape;
  table: RecordTable;
  model: ModelFiles;
}

/** A batch as a worker thread sends it, with what was left out on the way. */
export interface PreparedBatch {
  arrays: PlainBatch;
  /** Records that were replaced because they or their pictures cannot be read. */
  bad: BadRecord[];
  /** Boxes left out because they have no area. */
  droppedBoxes: number;
  /** Records whose pictures have an EXIF orientation that makes a difference. */
  oriented: OrientedRecord[];
}

/** The script of threads that prepare these batches; their source is a `BatchSource`. */
export const batchScript = new URL('./batches.worker.js', import.meta.url);

/** Prepares micro-batches: number k is a pure function of the source and k. */
export class BatchBuilder {
  readonly #config: TrainingConfig;
  readonly #reader: RecordReader;
  readonly #pictures: PictureBatches<Sample & Oriented>;
  readonly #tokenize: Tokenize;
  readonly #sizes: ModelSizes;
  readonly #normalisation: Normalisation;

  /** @throws UserError when data and model do not fit the config. */
  constructor({ config, shape, table, model }: BatchSource) {
    this.#config = config;
    this.#reader = new RecordReader(table);
    this.#tokenize = openTokenize(model);
    this.#sizes = modelSizes(config, model.config);
    this.#normalisation = normalisationOf(model);
    const { imageSize } = this.#sizes;
    this.#pictures = new PictureBatches(
      table.sources,
      { ...config, ...shape, imageSize },
      (...args) => this.#show(...args),
    );
  }

  /**
   * Micro-batch `index`, counted over the whole run.
   * @throws UserError when a picture finds no readable replacement.
   */
  async build(index: number): Promise<PreparedBatch> {
    const { pixels, samples, bad, oriented } = await this.#pictures.build(index);
    return {
      arrays: { pixels, ...packTexts(samples, this.#config, this.#tokenize, this.#sizes) },
      ...{ bad, oriented },
      droppedBoxes: samples.reduce((sum, sample) => sum + sample.droppedBoxes, 0),
    };
  }

  close(): void {
    this.#reader.close();
  }

  async #show(record: number, random: Random, target: Float32Array): Promise<Sample & Oriented> {
    const raw = await this.#reader.read(record);
    const { fields, exif } = this.#config.data[raw.source];
    const { record: captioned, picture } = captionedRecord(raw, fields);
    const sample = drawSample(captioned, this.#config, random);
    const path = picture ? raw.where : join(raw.images, sample.image);
    const { imageSize } = this.#sizes;
    const pixels = picture ?? path;
    const takenAs = await preparePixels(
      ...([pixels, path, { exif }, sample.change, imageSize, this.#normalisation, target] as const),
    );
    return { ...sample, takenAs };
  }
}

/**
 * What batches have to know of a model that is trained as `config` says.
 * @throws UserError when the pictures do not divide into the model's patches.
 */
export function modelSizes(config: TrainingConfig, model: FgClipConfig): ModelSizes {
  const { patchSize } = model.vision;
  const imageSize = config.imageSize ?? model.vision.imageSize;
  if (imageSize % patchSize !== 0) {
    throw new UserError(
      `imageSize is ${imageSize}, which is not a multiple of the model's patches of ${patchSize} pixels.`,
    );
  }
  return {
    imageSize,
    grid: imageSize / patchSize,
    shortLength: model.text.positions,
    longLength: model.text.longPositions,
  };
}

function normalisationOf({ files }: ModelFiles): Normalisation {
  const file = 'preprocessor_config.json';
  const content = files[file];
  return parsePreprocessorConfig(content ? parseJson(content, file) : {}, file);
}
