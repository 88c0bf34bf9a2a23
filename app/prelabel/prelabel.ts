import { existsSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { Journal, type Shard, type Span } from '../../datasets/journal.js';
import { hasYoloConfig } from '../../datasets/labels/findYoloConfig.js';
import {
  type LabelFormat,
  type LabelFormatName,
  type LabelWriteOptions,
  labelFormat,
  leftOutBy,
  leftOutSentences,
} from '../../datasets/labels/formats.js';
import type {
  LabelCategory,
  LabelledBox,
  LabelledImage,
  LabelSet,
} from '../../datasets/labels/labelSet.js';
import type { Detection, DetectOptions, Detector } from '../../detectors/detector.js';
import { modelVersion } from '../../src/checkpoints/modelDigest.js';
import { UserError } from '../../src/errors.js';
import { filesBelow } from '../../src/files/filesBelow.js';
import { boxArea, type Xyxy } from '../../src/geometry/boxes.js';
import { promptOf } from '../examples/labelsWithExamples.js';
import type { ExistingMode } from './existingModes.js';
import type { LabelDefinition, LabelDefinitions } from './labelDefinitions.js';
import { type ManifestHead, writeManifest } from './manifest.js';
import type { FoundBox } from './mergeLabels.js';
import { type Finding, findingSchema, PicturesAfterRun } from './picturesAfterRun.js';
import { reviewedPictures } from './reviewed.js';
import {
  claimFolder,
  comparisonFolder,
  forgetBefore,
  isBeforeKept,
  journalName,
  labelsBefore,
  lastManifest,
  manifestName,
  prelabelFolder,
  runKey,
} from './runState.js';

export interface PrelabelOptions {
  /** The folder of pictures. */
  images: string;
  /** Pictures inside it, with "/" between the parts of their paths. */
  files: readonly string[];
  definitions: LabelDefinitions;
  format: LabelFormatName;
  /** The label file, or the folder of label files. */
  output: string;
  /** What becomes of labels that are there already. Default: `add`. */
  existing?: ExistingMode;
  /** Whether it is begun anew where it was stopped, so that other runs need not wait for its end. Default: false. */
  passing?: boolean;
  /** Whether pictures that somebody has gone through are not looked at. Default: false. */
  skipReviewed?: boolean;
  /** Whether what was found before is to be found again. */
  fresh?: boolean;
  detect?: PrelabelDetectOptions;
  /** What decides the model's answers, its name first, and a digest of the labels' examples; a JSON value. */
  model: Record<string, unknown>;
  /** What stands before a picture's path in Label Studio's tasks. */
  urlPrefix?: string;
  /** Of fgdet, for the manifest. */
  version: string;
  /** One of several processes that share the pictures. */
  shard?: Shard;
}

/** What is decided for all pictures; thresholds of single labels come with the labels. */
export type PrelabelDetectOptions = Omit<DetectOptions, 'thresholds' | 'name'>;

export interface LookOptions {
  signal?: AbortSignal;
  /** Is told how many of this process's pictures are done. */
  onProgress?(done: number, total: number): void;
  /** Is told why a picture was passed over. */
  onProblem?(problem: string): void;
}

/** What a run comes to. */
export interface PrelabelResult {
  head: ManifestHead;
  /** The folder of the manifest and the report. */
  folder: string;
  /** Can be gone through again and again. */
  pictures: PicturesAfterRun;
  /** What was left out of the labels that were there, and what was not found: sentences. */
  notes: readonly string[];
}

/**
 * Labels a folder of pictures by a detector. What is found is kept picture by picture, so that a run that was
 * stopped goes on; labels are written at its end.
 */
export class PrelabelRun {
  readonly folder: string;
  readonly #options: PrelabelOptions;
  readonly #key: string;
  readonly #journal: Journal;
  /** Where the journal has what was found. */
  readonly #places = new Map<string, Span>();
  readonly #failed = new Set<string>();
  /** Pictures that are not looked at, because they have labels or were gone through. */
  #skipped: ReadonlySet<string> = new Set();

  /** @param folder for what is found. */
  private constructor(options: PrelabelOptions, folder: string, key: string) {
    this.#options = options;
    this.folder = prelabelFolder(options.output);
    this.#key = key;
    const { shard = { index: 0, count: 1 } } = options;
    this.#journal = new Journal({ folder, name: journalName, run: key, shard });
    this.#readJournal();
  }

  /** @throws UserError when the folder beside the labels is that of others, or holds another run that was stopped. */
  static async open(options: PrelabelOptions): Promise<PrelabelRun> {
    const { output, definitions, detect = {}, model, fresh, passing, existing } = options;
    const beside = prelabelFolder(output);
    // What examples look like is no part of it: another processor may see them a little otherwise.
    const asked = definitions.labels.map(({ examples: _, ...label }) => label);
    const key = runKey([model, asked, detect]);
    const folder = existing === 'compare' ? comparisonFolder(beside, key) : beside;
    const last = folder === beside ? (await lastManifest(folder))?.head.run : key;
    await claimFolder(folder, key, { output, last, fresh, passing });
    const run = new PrelabelRun(options, folder, key);
    if (existing === 'skip') run.#skipped = await run.#labelledBefore();
    if (options.skipReviewed) run.#skipped = new Set(reviewedPictures(beside).keys());
    return run;
  }

  /** Pictures that have a box, as they were before this run wrote any. */
  async #labelledBefore(): Promise<Set<string>> {
    const read = () => this.#readExisting();
    const before = isBeforeKept(this.folder) ? await labelsBefore(this.folder, read) : await read();
    const labelled = [...(before?.images ?? [])].filter(({ boxes }) => boxes.length > 0);
    return new Set(labelled.map(({ file }) => file));
  }

  /** This process's pictures that were not looked at yet, or could not be read. */
  missing(): string[] {
    return this.#own().filter((file) => !this.#places.has(file) || this.#failed.has(file));
  }

  /**
   * Finds what would go wrong when the labels are written, before the pictures are looked at.
   * @throws UserError for labels that are there and cannot be read, are of other pictures, or are missing where they are
   *   to be compared; and for names of pictures and labels that the format has no place for
   */
  async check(): Promise<void> {
    const { existing, files, definitions } = this.#options;
    const before = isBeforeKept(this.folder) ? undefined : await this.#readExisting();
    if (!isBeforeKept(this.folder)) this.#checkBefore(before);
    if (existing === 'compare') return;
    const known = [...(before?.images ?? [])];
    const knownFiles = new Set(known.map(({ file }) => file));
    const added = files.filter((file) => !knownFiles.has(file));
    const pictures = added.map((file): LabelledImage => ({ file, width: 1, height: 1, boxes: [] }));
    const [first, ...others] = [...known, ...pictures];
    const boxes = definitions.labels.map(
      ({ name }): LabelledBox => ({ label: name, box: [0, 0, 1, 1] }),
    );
    const asked = { ...first, boxes: [...first.boxes, ...boxes] };
    const format = labelFormat(this.#options.format);
    format.check(this.#setOf(before, [asked, ...others]), this.#writeOptions());
  }

  /**
   * Looks at the pictures that are missing.
   * @throws the signal's reason; UserError when the disk is full.
   */
  async look(detector: Pick<Detector, 'detectEach' | 'settings'>, options: LookOptions = {}) {
    const { images, definitions, detect } = this.#options;
    const { signal, onProgress, onProblem } = options;
    const missing = this.missing();
    const own = this.#own().length;
    const done = own - missing.length;
    if (missing.length === 0) return;
    const { labels } = definitions;
    const prompts = labels.map(promptOf);
    const thresholds = Object.fromEntries(
      labels.flatMap(({ name, threshold }) => (threshold === undefined ? [] : [[name, threshold]])),
    );
    // Written while the model looks at the next picture.
    let writing: Promise<unknown> = Promise.resolve();
    const keep = (finding: Finding) => {
      writing = Promise.all([writing, this.#journal.add(finding)]);
      // It fails where it is waited for.
      writing.catch(() => {});
    };
    const paths = missing.map((file) => join(images, file));
    const found = detector.detectEach(paths, prompts, {
      ...{ ...detect, thresholds, signal },
      onProgress: (told) => onProgress?.(done + told.done, own),
      onFailure: ({ index, error }) => {
        const failed = withoutName(error.message, paths[index]);
        onProblem?.(`${missing[index]}: ${failed}`);
        keep({ file: missing[index], failed });
      },
    });
    try {
      for await (const { index, width, height, detections } of found) {
        // Of the picture before: a full disk ends the run.
        await writing;
        keep({ file: missing[index], width, height, boxes: detections.flatMap(foundBox) });
      }
    } finally {
      await writing;
    }
    this.#readJournal();
  }

  /**
   * Writes the labels and the manifest, once all pictures were looked at. Where labels are only compared,
   * writes neither.
   * @param defaults the detector's: the threshold of labels that have none of their own, and the overlap (IoU)
   *   from which boxes of one label are one.
   */
  async finish({ threshold, nms }: { threshold: number; nms: number }): Promise<PrelabelResult> {
    const { existing = 'add', output } = this.#options;
    const format = labelFormat(this.#options.format);
    const read = () => this.#readExisting();
    const before = existing === 'compare' ? await read() : await labelsBefore(this.folder, read);
    this.#checkBefore(before);
    const last = await lastManifest(this.folder);
    const finding = (file: string) => (this.#skipped.has(file) ? undefined : this.#finding(file));
    const pictures = new PicturesAfterRun(this.#options.files, finding, {
      ...{ before, mode: existing, overlap: this.#options.detect?.nms ?? nms },
      ...{ earlier: last?.pictures, sameRun: last?.head.run === this.#key },
      reviewed: new Set(reviewedPictures(this.folder).keys()),
      learns: this.#options.skipReviewed ?? false,
    });
    const head = this.#head(threshold);
    const result = { head, folder: this.folder, pictures, notes: before?.notes ?? [] };
    if (existing === 'compare') return result;
    const lost = before ? leftOutSentences(leftOutBy(format, before), format) : [];
    await format.write(this.#setOf(before, pictures.labelled()), output, this.#writeOptions());
    await writeManifest(join(this.folder, manifestName), head, pictures.manifest());
    forgetBefore(this.folder);
    return { ...result, notes: [...result.notes, ...lost] };
  }

  /** The labels that are there already; undefined where there are none. */
  async #readExisting(): Promise<LabelSet | undefined> {
    const { images, output, existing } = this.#options;
    const format = labelFormat(this.#options.format);
    if (format.folder && statSync(output, { throwIfNoEntry: false })?.isFile()) {
      throw new UserError(`${output} is a file; labels in the format ${format.name} are a folder.`);
    }
    if (!(await hasLabels(output, format))) return undefined;
    return format.read(output, {
      ...{ images, labelStudio: this.#labelStudio() },
      allPredictions: existing !== 'compare',
    });
  }

  #setOf(before: LabelSet | undefined, images: Iterable<LabelledImage>): LabelSet {
    const { definitions, format } = this.#options;
    const categories = withLabels(before?.categories ?? [], definitions.labels);
    return { ...before, format, categories, images };
  }

  #writeOptions(): LabelWriteOptions {
    const { definitions, detect, images, model } = this.#options;
    const { labelStudioConfig } = definitions;
    const asked = definitions.labels.map(({ name, phrasings, threshold }) => ({
      ...{ label: name, phrasings },
      threshold: threshold ?? detect?.threshold,
    }));
    const labelStudio = this.#labelStudio();
    return { images, asked, labelStudio, labelStudioConfig, modelVersion: versionOf(model) };
  }

  #finding(file: string): Finding | undefined {
    const place = this.#places.get(file);
    return place && (this.#journal.valueAt(place) as Finding);
  }

  #readJournal(): void {
    this.#journal.read((value, place) => {
      const finding = findingSchema.parse(value);
      this.#places.set(finding.file, place);
      if ('failed' in finding) this.#failed.add(finding.file);
      else this.#failed.delete(finding.file);
    });
  }

  /** The pictures that this process looks at. */
  #own(): string[] {
    const { files, shard = { index: 0, count: 1 } } = this.#options;
    const asked = files.filter((file) => !this.#skipped.has(file));
    return asked.filter((_, i) => i % shard.count === shard.index);
  }

  #checkBefore(before: LabelSet | undefined): void {
    const { files, output, images, existing } = this.#options;
    if (existing === 'compare' && !before) {
      throw new UserError(`${output} has no labels to compare with.`);
    }
    const known = new Set(files);
    let any = false;
    for (const { file } of before?.images ?? []) {
      if (known.has(file)) return;
      any = true;
    }
    if (!any) return;
    throw new UserError(
      `${output} has labels, but none for a picture of ${images}. Is this the right folder? ` +
        'Give another --output to begin with no labels.',
    );
  }

  #head(threshold: number): ManifestHead {
    const {
      definitions,
      format,
      output,
      images,
      existing = 'add',
      model,
      detect = {},
    } = this.#options;
    return {
      ...{ fgdet: this.#options.version, run: this.#key, format, existing },
      ...{ output: this.#pathFromFolder(output), images: this.#pathFromFolder(images) },
      labels: definitions.labels.map(({ examples, exampleFiles, ...label }) => ({
        ...label,
        phrasings: [...label.phrasings],
        ...(exampleFiles && {
          exampleFiles: exampleFiles.map((file) => this.#pathFromFolder(file)),
        }),
        threshold: label.threshold ?? threshold,
        ...(examples && {
          examples: examples.shown.count,
          negativeExamples: examples.unlike.count,
        }),
      })),
      ...{ model, modelVersion: versionOf(model), options: { ...detect } },
      labelStudio: this.#labelStudio(),
    };
  }
  #labelStudio(): ManifestHead['labelStudio'] {
    const { urlPrefix, definitions } = this.#options;
    return { ...definitions.labelStudio, urlPrefix };
  }

  /** As the manifest has paths, so that all can be moved together. */
  #pathFromFolder(path: string): string {
    return relative(this.folder, resolve(path)).replaceAll('\\', '/');
  }
}

/** Whether there are labels already. */
async function hasLabels(output: string, { folder, name, extension }: LabelFormat) {
  if (!folder || !existsSync(output)) return existsSync(output);
  if (name === 'yolo') return hasYoloConfig(output);
  return filesBelow(output).some((file) => file.endsWith(extension));
}

/** Categories that are there already keep their numbers. */
function withLabels(
  categories: readonly LabelCategory[],
  labels: readonly LabelDefinition[],
): LabelCategory[] {
  const names = new Set(categories.map(({ name }) => name));
  const ids = new Set(categories.map(({ id }) => id));
  const added = labels
    .filter(({ name }) => !names.has(name))
    .map(
      ({ name, id }): LabelCategory => (id === undefined || ids.has(id) ? { name } : { name, id }),
    );
  return [...categories, ...added];
}

function versionOf(model: Record<string, unknown>): string {
  const [name, digest] = [model.name, model['model sha256']].map((value) => String(value ?? ''));
  return digest === '' ? name : modelVersion(name, digest);
}

/** Without the path that an error begins with: a folder can be moved. */
function withoutName(message: string, path: string): string {
  return message.startsWith(`${path}: `) ? message.slice(path.length + 2) : message;
}

/** Pixels and scores to the digits that mean something; nothing where that leaves no area, which no format can hold. */
function foundBox({ label, score, box: { xmin, ymin, xmax, ymax } }: Detection): FoundBox[] {
  const pixel = (value: number) => Number(value.toFixed(2));
  const box: Xyxy = [pixel(xmin), pixel(ymin), pixel(xmax), pixel(ymax)];
  return boxArea(box) > 0 ? [{ label, score: Number(score.toFixed(4)), box }] : [];
}
