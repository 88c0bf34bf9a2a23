import { join, resolve } from 'node:path';
import { type LabelFormat, labelFormat } from '../../datasets/labels/formats.js';
import { sameStems } from '../../datasets/labels/labelFiles.js';
import type { LabelledBox, LabelledImage, LabelSet } from '../../datasets/labels/labelSet.js';
import { UserError } from '../../src/errors.js';
import { writeTextAtomically } from '../../src/files/atomicFile.js';
import { type Box, boxToXyxy, type Xyxy, xyxyToBox } from '../../src/geometry/boxes.js';
import type { ManifestHead, ManifestPicture } from './manifest.js';
import { isSameBox } from './mergeLabels.js';
import { addReviewed, reviewedPictures } from './reviewed.js';
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
  /** Where the picture's file is. */
  path(index: number): string;
  /** Keeps the boxes as they were corrected; the picture is reviewed then. */
  save(index: number, boxes: readonly ReviewBox[]): Promise<void>;
}

/** The labels of a prelabel run, while somebody checks and corrects them picture by picture. */
export class Review implements ReviewSession {
  readonly #format: LabelFormat;
  readonly #folder: string;
  readonly #output: string;
  readonly #head: ManifestHead;
  readonly #pictures: ManifestPicture[];
  readonly #reviewed: Set<string>;
  readonly #set: LabelSet & { images: LabelledImage[] };
  readonly #places: Map<string, number>;
  #writing: Promise<void> = Promise.resolve();
  /** A writing of the whole file that has not begun. */
  #waiting: Promise<void> | undefined;

  private constructor(
    folder: string,
    { head, pictures }: { head: ManifestHead; pictures: Iterable<ManifestPicture> },
    set: LabelSet & { images: LabelledImage[] },
  ) {
    this.#folder = folder;
    this.#head = head;
    this.#output = resolve(folder, head.output);
    this.#format = labelFormat(head.format);
    this.#pictures = [...pictures];
    this.#reviewed = new Set(reviewedPictures(folder).keys());
    this.#set = set;
    this.#places = new Map(set.images.map(({ file }, place) => [file, place]));
  }

  /**
   * @param output what `fgdet prelabel --output` named.
   * @throws UserError when there are no labels of a run that came to its end.
   */
  static async open(output: string): Promise<Review> {
    const folder = prelabelFolder(output);
    const manifest = await lastManifest(folder);
    if (!manifest) {
      throw new UserError(
        `${output} has no labels of a prelabel run that came to its end (${folder} has no manifest).`,
      );
    }
    const { head } = manifest;
    const images = resolve(folder, head.images);
    const set = await labelFormat(head.format).read(resolve(folder, head.output), {
      ...{ images, labelStudio: head.labelStudio, allPredictions: true },
    });
    return new Review(
      folder,
      { head, pictures: manifest.pictures.values() },
      { ...set, images: [...set.images] },
    );
  }

  get format(): string {
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

  path(index: number): string {
    return join(resolve(this.#folder, this.#head.images), this.#pictures[index].file);
  }

  /**
   * Keeps a picture's labels as they were corrected, in the label files, and that it was checked.
   * @throws UserError for a picture whose size is not known because it could not be read.
   */
  async save(index: number, given: readonly ReviewBox[]): Promise<void> {
    const boxes = given.map(({ label, score, box }) => ({ label, score, box: rounded(box) }));
    const picture = this.#pictures[index];
    const { file, width, height } = picture;
    if (width === undefined || height === undefined) {
      throw new UserError(`${file} could not be read, so that it cannot have labels.`);
    }
    const place = this.#places.get(file) ?? this.#set.images.length;
    const before = this.#set.images[place];
    const kept = boxes.map(({ label, box }): LabelledBox => {
      const same = before?.boxes.find((other) => isSameBox({ label, box }, other));
      if (!same) return { label, box };
      // A box that a model found is now one that a person has drawn; of others the format's own stays.
      return same.score === undefined
        ? same
        : { label, box: same.box, attributes: same.attributes };
    });
    this.#set.images[place] = { ...(before ?? { file, width, height }), boxes: kept };
    this.#places.set(file, place);
    const isNew = before === undefined || this.#addLabels(boxes);
    await (this.#format.fileOf && !isNew ? this.#writeOne(place) : this.#writeAll());
    await addReviewed(this.#folder, {
      file,
      boxes,
    });
    this.#reviewed.add(file);
  }

  /** @returns whether there were new ones. */
  #addLabels(boxes: readonly Pick<LabelledBox, 'label'>[]): boolean {
    const known = new Set(this.labels);
    const added = [...new Set(boxes.map(({ label }) => label))].filter((name) => !known.has(name));
    this.#set.categories = [...this.#set.categories, ...added.map((name) => ({ name }))];
    return added.length > 0;
  }

  get #options() {
    return {
      images: resolve(this.#folder, this.#head.images),
      modelVersion: this.#head.modelVersion,
      labelStudio: this.#head.labelStudio,
    };
  }

  async #writeOne(place: number): Promise<void> {
    const image = this.#set.images[place];
    const sameStem = sameStems(this.#set.images)(image);
    const options = { ...this.#options, output: this.#output, sameStem };
    const { path, text } = this.#format.fileOf!(image, this.#set, options);
    this.#writing = this.#after(() => writeTextAtomically(join(this.#output, path), text));
    await this.#writing;
  }

  /** Several that are asked for while another is under way are done at once. */
  #writeAll(): Promise<void> {
    this.#waiting ??= this.#after(() => {
      this.#waiting = undefined;
      return this.#format.write(this.#set, this.#output, this.#options);
    });
    this.#writing = this.#waiting;
    return this.#waiting;
  }

  /** One after the other, whether or not the one before failed. */
  #after(write: () => Promise<void>): Promise<void> {
    return this.#writing.catch(() => {}).then(write);
  }
}

/** To the digits that files have. */
function rounded(box: Box): Xyxy {
  const [x1, y1, x2, y2] = boxToXyxy(box).map((side) => Number(side.toFixed(2)));
  return [x1, y1, x2, y2];
}
