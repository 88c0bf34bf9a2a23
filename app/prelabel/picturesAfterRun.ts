import { z } from 'zod';
import type { LabelledBox, LabelledImage, LabelSet } from '../../datasets/labels/labelSet.js';
import { boxIou } from '../../src/geometry/boxes.js';
import { type BoxComparison, compareBoxes } from './compareLabels.js';
import type { ExistingMode } from './existingModes.js';
import type { ManifestPicture } from './manifest.js';
import { type FoundBox, type MergedBox, mergeBoxes } from './mergeLabels.js';

/** What a run found in a picture, or why it could not be read. */
export type Finding =
  | { file: string; width: number; height: number; boxes: FoundBox[] }
  | { file: string; failed: string };

const side = z.number();

/** As a journal has it. */
export const findingSchema: z.ZodType<Finding> = z.union([
  z.object({ file: z.string(), failed: z.string() }),
  z.object({
    file: z.string(),
    width: side,
    height: side,
    boxes: z.array(
      z.object({
        label: z.string(),
        box: z.tuple([side, side, side, side]).readonly(),
        score: z.number(),
      }),
    ),
  }),
]);

/** A picture after a run. */
export interface PictureAfterRun {
  picture: ManifestPicture;
  /** Its labels; undefined where there are none because nobody has looked at it. */
  labelled?: LabelledImage;
  /** How the run and the labels that were there agree, where they were compared. */
  comparison?: BoxComparison;
}

/** What is known of the pictures besides what the run found. */
export interface Before {
  /** The labels that were there. */
  before?: LabelSet;
  mode: ExistingMode;
  /** Boxes of one label that overlap more (IoU) are one. */
  overlap: number;
  /** What the manifest of the last run says. */
  earlier?: ReadonlyMap<string, ManifestPicture>;
  /** Whether that was this run: its boxes are there then, or somebody has deleted them. */
  sameRun: boolean;
  /** Pictures that somebody has checked: they stay as they are. */
  reviewed: ReadonlySet<string>;
  /** Whether it learns from what people have made: what they have deleted does not come back. */
  learns: boolean;
}

/** Pictures of a run, in its order, then those that only had labels. */
export class PicturesAfterRun implements Iterable<PictureAfterRun> {
  readonly #files: readonly string[];
  readonly #isAsked: ReadonlySet<string>;
  readonly #finding: (file: string) => Finding | undefined;
  readonly #before: Before;
  readonly #images: ReadonlyMap<string, LabelledImage>;

  constructor(
    files: readonly string[],
    finding: (file: string) => Finding | undefined,
    before: Before,
  ) {
    this.#files = files;
    this.#isAsked = new Set(files);
    this.#finding = finding;
    this.#before = before;
    this.#images = new Map([...(before.before?.images ?? [])].map((image) => [image.file, image]));
  }

  *[Symbol.iterator](): Generator<PictureAfterRun> {
    for (const file of this.#files) yield this.#after(file);
    for (const file of this.#images.keys()) if (!this.#isAsked.has(file)) yield this.#after(file);
  }

  /** The labels, to go through again and again: those that were there stay in their order. */
  labelled(): Iterable<LabelledImage> {
    const pictures = this;
    return {
      *[Symbol.iterator]() {
        for (const file of pictures.#images.keys()) yield pictures.#after(file).labelled!;
        for (const file of pictures.#files) {
          if (pictures.#images.has(file)) continue;
          const { labelled } = pictures.#after(file);
          if (labelled) yield labelled;
        }
      },
    };
  }

  *manifest(): Generator<ManifestPicture> {
    for (const { picture } of this) yield picture;
  }

  #after(file: string): PictureAfterRun {
    const image = this.#images.get(file);
    const { mode, overlap, earlier, sameRun, reviewed, learns } = this.#before;
    const finding = this.#isAsked.has(file) ? this.#finding(file) : undefined;
    const found = finding && 'boxes' in finding ? finding.boxes : undefined;
    const last = earlier?.get(file);
    const isReviewed = reviewed.has(file);
    const isMerged = sameRun && (last?.status === 'found' || last?.status === 'empty');
    const isKept = image !== undefined && (isReviewed || isMerged);
    const own = isReviewed ? [] : (last?.boxes ?? []).filter((box) => box.own);
    const deleted = [...(last?.deleted ?? []), ...(image ? gone(own, image.boxes) : [])];
    const offered = isKept ? [] : (found ?? []);
    const wanted = learns ? offered.filter((box) => !isAmong(deleted, box, overlap)) : offered;
    const boxes = mergeBoxes(image?.boxes ?? [], own, wanted, {
      ...{ overlap, mode: mode === 'replace' && !isKept && found ? 'replace' : 'add' },
    });
    const size = image ?? (finding && 'width' in finding ? finding : undefined);
    const picture: ManifestPicture = {
      file,
      ...(size && { width: size.width, height: size.height }),
      status: !finding ? 'kept' : !found ? 'failed' : found.length > 0 ? 'found' : 'empty',
      ...(finding && 'failed' in finding && { error: finding.failed }),
      found: found ?? [],
      boxes: boxes.map(({ label, box, score, own }) => ({
        ...{ label, box },
        ...(score !== undefined && { score }),
        ...(own && { own }),
      })),
      ...(deleted.length > 0 && { deleted }),
    };
    if (mode === 'compare') {
      const comparison = image && found ? compareBoxes(image.boxes, found) : undefined;
      return { picture, comparison };
    }
    if (!size) return { picture };
    const { width, height } = size;
    return {
      picture,
      labelled: { ...(image ?? { file, width, height }), boxes: boxes.map(plain) },
    };
  }
}

type Place = Pick<LabelledBox, 'label' | 'box'>;

/** Boxes of earlier runs that are there no more, nor near where they were. */
function gone(own: readonly LabelledBox[], boxes: readonly LabelledBox[]): Place[] {
  return own
    .filter((box) => !isAmong(boxes, box, movedFrom))
    .map(({ label, box }) => ({ label, box }));
}

/** A box that overlaps one of its label more (IoU) was moved from there. */
const movedFrom = 0.1;

function isAmong(boxes: readonly Place[], { label, box }: Place, overlap: number): boolean {
  return boxes.some((other) => other.label === label && boxIou(other.box, box) > overlap);
}

function plain({ own: _, ...box }: MergedBox) {
  return box;
}
