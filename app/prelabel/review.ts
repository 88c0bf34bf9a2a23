import { join, resolve } from 'node:path';
import {
  type LabelFormat,
  type LabelFormatName,
  labelFormat,
} from '../../datasets/labels/formats.js';
import { sameStems } from '../../datasets/labels/labelFiles.js';
import type { LabelledBox, LabelledImage, LabelSet } from '../../datasets/labels/labelSet.js';
import { UserError } from '../../src/errors.js';
import { writeTextAtomically } from '../../src/files/atomicFile.js';
import { systemCode, systemReason } from '../../src/files/systemReason.js';
import { type Box, boxToXyxy, type Xyxy, xyxyToBox } from '../../src/geometry/boxes.js';
import type { ManifestHead, ManifestPicture } from './manifest.js';
import { isSameBox } from './mergeLabels.js';
import { addReviewed, type ReviewedEntry, reviewedPictures } from './reviewed.js';
import { lastManifest, prelabelFolder } from './runState.js';
import { uncertaintyOf } from './uncertainty.js';

/** A box under review; one that a person drew has no score. */
export interface ReviewBox {
  label: string;
  /** 0..1, of a box that a model found. */
  score?: number;
  /** In pixels of the picture. */
  box: Box;
}

/** What a list of the pictures under review says of one. */
export interface ReviewedPicture {
  /** Its place in the session's `pictures`. */
  readonly index: number;
  readonly file: string;
  /** In pixels; 0 of a picture that could not be read. */
  readonly width: number;
  readonly height: number;
  /** How many. */
  readonly boxes: number;
  readonly status: 'found' | 'empty' | 'failed';
  readonly reviewed: boolean;
  /** 0..1, of what the run found. */
  readonly uncertainty: number;
}

/** Pictures with boxes that a person goes through. */
export interface ReviewSession {
  /** The labels that boxes have; a person may add others. */
  readonly labels: readonly string[];
  /** Name of the format of the label files. */
  readonly format: string;
  readonly pictures: readonly ReviewedPicture[];
  boxes(index: number): ReviewBox[];
  /** What a label is looked for as; nothing for one that a person has thought of. */
  phrasings(label: string): readonly string[];
  /** Where the picture's file is. */
  path(index: number): string;
  /** Keeps the boxes as they were corrected; the picture is reviewed then. */
  save(index: number, boxes: readonly ReviewBox[]): Promise<void>;
}

type EditedSet = LabelSet & { readonly images: readonly LabelledImage[] };

/** What a person made of a picture. */
interface Correction {
  picture: ManifestPicture;
  boxes: ReviewedEntry['boxes'];
}

type Manifest = NonNullable<Awaited<ReturnType<typeof lastManifest>>>;

/** Labels that were right, and that the disk did not take. */
export class SaveError extends Error {
  override name = 'SaveError';
}

/** The labels of a prelabel run, while somebody checks and corrects them picture by picture. */
export class Review implements ReviewSession {
  readonly #format: LabelFormat;
  readonly #folder: string;
  readonly output: string;
  #head: ManifestHead;
  #pictures: ManifestPicture[];
  readonly #reviewed: Set<string>;
  /** As the label files have it. */
  #set: EditedSet;
  #places: Map<string, number>;
  #writing: Promise<void> = Promise.resolve();
  /** What the next writing of the whole file keeps. */
  #waiting: Correction[] = [];
  #writingAll: Promise<void> | undefined;

  private constructor(output: string, { head, pictures }: Manifest, set: EditedSet) {
    this.#folder = prelabelFolder(output);
    this.#head = head;
    this.output = resolve(output);
    this.#format = labelFormat(head.format);
    this.#pictures = [...pictures.values()];
    this.#reviewed = new Set(reviewedPictures(this.#folder).keys());
    this.#set = set;
    this.#places = placesOf(set);
  }

  /**
   * @param output what `fgdet prelabel --output` named; no other file is written, whatever the manifest says.
   * @throws UserError when there are no labels of a run that came to its end.
   */
  static async open(output: string): Promise<Review> {
    const { manifest, set } = await readRun(output);
    return new Review(output, manifest, set);
  }

  /**
   * Lets a run write the labels anew, while nothing is saved, and takes over what it wrote. Pictures stay at their places.
   * @param write writes labels and manifest
   */
  rewritten(write: () => Promise<void>): Promise<void> {
    return this.#after(async () => {
      await write();
      const { manifest, set } = await readRun(this.output);
      this.#head = manifest.head;
      const byFile = manifest.pictures;
      this.#pictures = this.#pictures.map((picture) => byFile.get(picture.file) ?? picture);
      this.#set = set;
      this.#places = placesOf(set);
    });
  }

  /** What the last run was asked for. */
  get head(): ManifestHead {
    return this.#head;
  }

  /** The pictures' paths inside their folder, in their order. */
  get files(): string[] {
    return this.#pictures.map(({ file }) => file);
  }

  /** The folder of pictures, which the manifest names. */
  get images(): string {
    return resolve(this.#folder, this.#head.images);
  }

  get format(): LabelFormatName {
    return this.#format.name;
  }

  /** What was left out of the label files, and what was not found: sentences. */
  get notes(): readonly string[] {
    return this.#set.notes ?? [];
  }

  get labels(): string[] {
    return this.#set.categories.map(({ name }) => name);
  }

  get pictures(): ReviewedPicture[] {
    return this.#pictures.map(({ file, width = 0, height = 0, status, found }, index) => {
      const boxes = this.boxes(index).length;
      return {
        ...{ index, file, width, height, boxes },
        status: status === 'failed' ? 'failed' : boxes > 0 ? 'found' : 'empty',
        reviewed: this.#reviewed.has(file),
        uncertainty: uncertaintyOf(found),
      };
    });
  }

  boxes(index: number): ReviewBox[] {
    const { file, boxes } = this.#pictures[index];
    const place = this.#places.get(file);
    if (place === undefined) return [];
    return this.#set.images[place].boxes.map(({ label, box, score }) => ({
      ...{ label, box: xyxyToBox(box) },
      // Neither all formats nor boxes that were checked have scores: the run's own.
      score: score ?? boxes.find((other) => isSameBox({ label, box }, other))?.score,
    }));
  }

  phrasings(label: string): readonly string[] {
    return this.#head.labels.find(({ name }) => name === label)?.phrasings ?? [];
  }

  path(index: number): string {
    return join(this.images, this.#pictures[index].file);
  }

  /**
   * Keeps a picture's labels as they were corrected, in the label files, and that it was checked. Where that fails,
   * nothing is changed.
   * @throws UserError for a picture whose size is not known because it could not be read, and for labels that the format
   *   has no place for; SaveError when the disk does not take them
   */
  async save(index: number, given: readonly ReviewBox[]): Promise<void> {
    const picture = this.#pictures[index];
    const boxes = given.map(({ label, score, box }) => ({ label, score, box: rounded(box) }));
    const correction = { picture, boxes };
    const after = corrected(this.#set, correction);
    // By itself, so that what others save does not fail with it.
    const images = after.images.filter(({ file }) => file === picture.file);
    this.#format.check({ ...after, images }, this.#options);
    const isInOwnFile =
      this.#format.fileOf !== undefined &&
      this.#places.has(picture.file) &&
      after.categories.length === this.#set.categories.length;
    await (isInOwnFile
      ? this.#after(() => this.#keep([correction], (set) => this.#writeOne(set, picture.file)))
      : this.#keepWithAll(correction));
  }

  /** Several that are asked for while others are written are written at once. */
  #keepWithAll(correction: Correction): Promise<void> {
    this.#waiting.push(correction);
    this.#writingAll ??= this.#after(() => {
      const corrections = this.#waiting;
      this.#waiting = [];
      this.#writingAll = undefined;
      return this.#keep(corrections, (set) => this.#format.write(set, this.output, this.#options));
    });
    return this.#writingAll;
  }

  async #keep(
    corrections: readonly Correction[],
    write: (set: EditedSet) => Promise<void>,
  ): Promise<void> {
    const set = corrections.reduce(corrected, this.#set);
    try {
      await write(set);
      if (set.images.length > this.#set.images.length) this.#places = placesOf(set);
      this.#set = set;
      for (const { picture, boxes } of corrections) {
        await addReviewed(this.#folder, { file: picture.file, boxes });
        this.#reviewed.add(picture.file);
      }
    } catch (error) {
      throw saveErrorOf(error);
    }
  }

  async #writeOne(set: EditedSet, file: string): Promise<void> {
    const image = set.images.find((each) => each.file === file)!;
    const options = {
      ...this.#options,
      output: this.output,
      sameStem: sameStems(set.images)(image),
    };
    const { path, text } = this.#format.fileOf!(image, set, options);
    await writeTextAtomically(join(this.output, path), text);
  }

  get #options() {
    return {
      images: this.images,
      modelVersion: this.#head.modelVersion,
      labelStudio: this.#head.labelStudio,
    };
  }

  /** One after the other, whether or not the one before failed. */
  #after(write: () => Promise<void>): Promise<void> {
    const writing = this.#writing.catch(() => {}).then(write);
    this.#writing = writing;
    return writing;
  }
}

/** What a run has written, and people since. @throws UserError when none came to its end */
async function readRun(output: string): Promise<{ manifest: Manifest; set: EditedSet }> {
  const folder = prelabelFolder(output);
  const manifest = await lastManifest(folder);
  if (!manifest) {
    throw new UserError(
      `${output} has no labels of a prelabel run that came to its end (${folder} has no manifest).`,
    );
  }
  const { format, images, labelStudio } = manifest.head;
  const set = await labelFormat(format).read(output, {
    ...{ images: resolve(folder, images), labelStudio, allPredictions: true },
  });
  return { manifest, set: { ...set, images: [...set.images] } };
}

/** The labels with a picture's as they were corrected. */
function corrected(set: EditedSet, { picture, boxes }: Correction): EditedSet {
  const { file, width, height } = picture;
  if (width === undefined || height === undefined) {
    throw new UserError(`${file} could not be read, so that it cannot have labels.`);
  }
  const place = set.images.findIndex((image) => image.file === file);
  const before = set.images.at(place < 0 ? set.images.length : place);
  const kept = boxes.map(({ label, box }): LabelledBox => {
    const same = before?.boxes.find((other) => isSameBox({ label, box }, other));
    if (!same) return { label, box };
    // A box that a model found is now one that a person has drawn; of others the format's own stays.
    return same.score === undefined ? same : { label, box: same.box, attributes: same.attributes };
  });
  const image = { ...(before ?? { file, width, height }), boxes: kept };
  const known = new Set(set.categories.map(({ name }) => name));
  const added = [...new Set(boxes.map(({ label }) => label))].filter((name) => !known.has(name));
  return {
    ...set,
    categories: [...set.categories, ...added.map((name) => ({ name }))],
    images: before ? set.images.with(place, image) : [...set.images, image],
  };
}

/** In words that name no folder of this machine. */
function saveErrorOf(error: unknown): unknown {
  const code = systemCode(error);
  if (code === undefined) return error;
  const reason = systemReason({ code, message: `the system says ${code}.` });
  return new SaveError(`The labels could not be saved: ${reason}`, { cause: error });
}

function placesOf({ images }: EditedSet): Map<string, number> {
  return new Map(images.map(({ file }, place) => [file, place]));
}

/** To the digits that files have. */
function rounded(box: Box): Xyxy {
  const [x1, y1, x2, y2] = boxToXyxy(box).map((side) => Number(side.toFixed(2)));
  return [x1, y1, x2, y2];
}
