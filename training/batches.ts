import { join } from 'node:path';
import { captionedRecord } from '../datasets/records/captionedRecord.js';
import { RecordReader, type RecordTable } from '../datasets/records/recordTable.js';
import { UserError } from '../src/errors.js';
import { decodeImage } from '../src/images/decode.js';
import type { Random } from '../src/random.js';
import { cropAndFlip } from './augment.js';
import type { TrainingConfig } from './config.js';
import type { BadRecord } from './firstReadable.js';
import type { BatchForm, PictureRoom } from './forms/form.js';
import { openForm } from './forms/openForm.js';
import type { ModelFiles } from './initialModel.js';
import { type PlainBatch, packBatch } from './packing.js';
import { type Oriented, type OrientedRecord, PictureBatches } from './pictureBatch.js';
import { drawSample, type Sample } from './sample.js';
import type { StepShape } from './stepShape.js';

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
  readonly #source: BatchSource;
  readonly #reader: RecordReader;
  readonly #pictures: PictureBatches;
  readonly #form: BatchForm;

  /** @throws UserError when data and model do not fit the config. */
  constructor(source: BatchSource) {
    const { config, shape, table, model } = source;
    this.#source = source;
    this.#reader = new RecordReader(table);
    this.#form = openForm(model, config);
    this.#pictures = new PictureBatches(table.sources, { ...config, ...shape });
  }

  /**
   * Micro-batch `index`, counted over the whole run.
   * @param largest whether its pictures get as much room as any may need
   * @throws UserError when a picture finds no readable replacement.
   */
  async build(index: number, largest = false): Promise<PreparedBatch> {
    const { config, shape } = this.#source;
    const room = this.#form.pictures(shape.microBatch, largest);
    const { samples, bad, oriented } = await this.#pictures.build(index, (record, random, place) =>
      this.#show(record, random, room, place),
    );
    return {
      arrays: packBatch(samples, config, this.#form, room),
      ...{ bad, oriented },
      droppedBoxes: samples.reduce((sum, sample) => sum + sample.droppedBoxes, 0),
    };
  }

  close(): void {
    this.#reader.close();
  }

  async #show(
    number: number,
    random: Random,
    room: PictureRoom,
    place: number,
  ): Promise<Sample & Oriented> {
    const { config, table } = this.#source;
    const raw = await this.#reader.read(number);
    const { fields, exif } = config.data[raw.source];
    const { record, picture } = captionedRecord(raw, fields);
    const { chinese = false } = table.sources[raw.source];
    if (chinese !== Boolean(record.chinese)) {
      throw new UserError(
        `${raw.where}: "is_cn" is not what the source's first record says. No batch mixes Chinese records with ` +
          'others: give each a source of its own in "data".',
      );
    }
    const sample = drawSample(record, config, random);
    const path = picture ? raw.where : join(raw.images, sample.image);
    const image = await decodeImage(picture ?? path, { applyOrientation: { exif }, name: path });
    const { crop, flip, colour } = sample.change;
    room.put(place, cropAndFlip(image, crop, flip), colour);
    return { ...sample, takenAs: image.takenAs };
  }
}
