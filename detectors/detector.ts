import { setImmediate } from 'node:timers/promises';
import { UserError } from '../src/errors.js';
import type { TextLength } from '../src/fgclip/textLength.js';
import {
  type Box,
  boxArea,
  boxToXyxy,
  clipBox,
  scaleBox,
  type Xyxy,
  xyxyToBox,
} from '../src/geometry/boxes.js';
import { crop } from '../src/images/crop.js';
import type { RgbImage } from '../src/images/rgbImage.js';
import { type Reading, readAhead } from '../src/threads/readAhead.js';
import type { Calibration } from './calibration.js';
import { checkOptions } from './checkOptions.js';
import type {
  DetectEachOptions,
  DetectedImage,
  Detection,
  DetectOptions,
  EncodeEachOptions,
  EncodeOptions,
} from './detectOptions.js';
import type { EncodedImage, EncodedPart } from './encodedImage.js';
import type { Examples } from './examples.js';
import type { Advice, BoxClassifier, ClassOptions, FeatureModel, Region } from './featureModel.js';
import { type Features, normalised } from './features.js';
import { findInPart, joinParts, type Question } from './findInPart.js';
import type { Heatmap } from './heatmap.js';
import { noHeatmaps } from './noHeatmaps.js';
import { type Pace, untilAborted } from './pace.js';
import { PictureReader } from './pictureReader.js';
import { type Candidate, postprocess } from './postprocess.js';
import {
  decoded,
  type ImageSource,
  type PreparedPart,
  type PreparedPicture,
  prepared,
  type Sight,
} from './preparedPicture.js';
import { type Prompt, parsePrompt, parsePrompts } from './prompts.js';
import type { ProposalSource } from './proposals/source.js';
import type { LookAlike } from './regions/lookAlikes.js';
import type { Size } from './scales.js';
import type { DetectorSettings } from './settings.js';
import { checkThresholds, thresholdOf } from './thresholds.js';
import { wordsNotUnderstood } from './wordsNotUnderstood.js';

export type {
  DetectEachOptions,
  DetectedImage,
  Detection,
  DetectOptions,
  EncodeOptions,
} from './detectOptions.js';
export type { ImageSource, Prompt };

/** Prompts, and what the model understands by them. */
export interface UnderstoodPrompts {
  prompts: readonly Prompt[];
  /** What each asks, the negatives included. */
  queries: readonly object[];
}

/** What a detector has besides its model. */
export interface DetectorParts {
  /** Where regions come from. Default: the model's own. */
  source?: ProposalSource;
  /** What calibrations in the settings call that. Default: nothing, so that there is none. */
  boxes?: string;
  /** A digest of the model's weights, which examples are bound to. Default: they are bound to no model. */
  digest?(): Promise<string>;
}

/** Boxes in pixels of a picture. */
export interface ExampleBoxes {
  /** What shows the thing. */
  shown: readonly Box[];
  /** What does not, though it looks alike. */
  unlike?: readonly Box[];
}

/** Finds in pictures what is asked for in free text. */
export class Detector {
  readonly settings: DetectorSettings;
  /** Where regions come from, as calibrations in the settings call it: "network", "file", "hub:<model>". */
  readonly boxes: string | undefined;
  readonly #model: FeatureModel;
  readonly #source: ProposalSource | undefined;
  readonly #digest: DetectorParts['digest'];

  constructor(
    model: FeatureModel,
    settings: DetectorSettings,
    { source, boxes, digest }: DetectorParts = {},
  ) {
    this.settings = settings;
    this.boxes = boxes;
    this.#model = model;
    this.#source = source;
    this.#digest = digest;
  }

  /** What makes scores probabilities, where that was measured for the source of the regions. */
  get calibration(): Calibration | undefined {
    const { calibration } = this.settings;
    return this.boxes === undefined ? undefined : calibration?.[this.boxes];
  }

  /** The same for prompts with examples; where nothing was measured, what is usual for the family. */
  get exampleCalibration(): Calibration | undefined {
    const { exampleCalibration } = this.settings;
    const measured = this.boxes === undefined ? undefined : exampleCalibration?.[this.boxes];
    return measured ?? this.#model.exampleCalibration;
  }

  /** Whether the model has a map of the picture, which `heatmap` needs. */
  get hasHeatmaps(): boolean {
    return this.#model.hasHeatmaps ?? false;
  }

  /** A digest of the model's weights, which examples are bound to; '' where they are bound to no model. */
  async weights(): Promise<string> {
    return (await this.#digest?.()) ?? '';
  }

  /** Whether `DetectOptions.gate` makes a difference. */
  get hasGate(): boolean {
    return this.#model.hasGate ?? false;
  }

  /**
   * Starts on what does not need a picture: the texts' features. Calling it is never necessary; it saves
   * time where the picture is still being read.
   */
  async prepare(
    prompts: readonly (string | Prompt)[],
    negatives: readonly string[] = [],
  ): Promise<void> {
    await this.#model.prepare?.();
    await this.understand(prompts, negatives);
  }

  /**
   * What prompts ask, for `find`.
   * @param pace of the pieces in which that is found out. Default: one after the other.
   * @throws UserError for an empty prompt, and what the pace throws.
   */
  async understand(
    prompts: readonly (string | Prompt)[],
    negatives: readonly string[] = [],
    pace?: Pace,
  ): Promise<UnderstoodPrompts> {
    const asked = parsePrompts(prompts);
    const unwanted = parsePrompts(negatives);
    for (const { label, examples } of asked)
      if (examples) await this.#checkExamples(label, examples);
    const queries: object[] = [];
    for (const prompt of asked) queries.push(await this.#model.query(prompt, unwanted, pace));
    return { prompts: asked, queries };
  }

  /**
   * What boxes of a picture look like to the model, to find more like them:
   *
   * ```ts
   * const examples = await detector.examplesIn('shop.jpg', { shown: [{ xmin: 10, ymin: 20, xmax: 80, ymax: 90 }] });
   * const found = await detector.detect('street.jpg', [{ label: 'wheel', phrasings: [], examples }]);
   * ```
   *
   * Words count as well, where the prompt has phrasings. `joinedExamples` makes one of those of several pictures.
   * @throws UserError for a box without area or outside the picture, and a picture that cannot be read.
   */
  async examplesIn(
    image: ImageSource | EncodedImage,
    { shown, unlike = [] }: ExampleBoxes,
    options: Omit<EncodeOptions, 'tiles'> = {},
  ): Promise<Examples> {
    const encoded = isEncoded(image) ? image : await this.encode(image, options);
    const { width, height, parts } = encoded;
    const shares = (boxes: readonly Box[]) =>
      boxes.map((box) => scaleBox(insidePicture(box, encoded), 1 / width, 1 / height));
    const looks = await parts[0].seen.looks(shares(shown), shares(unlike));
    return { ...looks, model: await this.weights() };
  }

  async #checkExamples(label: string, examples: Examples): Promise<void> {
    if (examples.shown.count === 0) {
      throw new UserError(`The examples of "${label}" have no box that shows it.`);
    }
    const own = await this.weights();
    if (examples.model !== own) {
      throw new UserError(
        `The examples of "${label}" were made with another model (sha256 ${examples.model.slice(0, 12)}, not ` +
          `${own.slice(0, 12)}), whose features this one does not understand: make them anew from the pictures.`,
      );
    }
    const width = await this.#model.lookWidth();
    const other = [examples.shown, examples.unlike, examples.others].find(
      ({ dimension }) => dimension !== width,
    );
    if (other) {
      throw new UserError(
        `The examples of "${label}" have vectors of ${other.dimension} numbers; those of the model have ${width}.`,
      );
    }
  }

  /** What a person should know of prompts and negatives that the model understands badly; mostly nothing. */
  async advice(
    prompts: readonly (string | Prompt)[],
    negatives: readonly string[] = [],
    pace?: Pace,
  ): Promise<Advice[]> {
    const [asked, unwanted] = [parsePrompts(prompts), parsePrompts(negatives)];
    const own = (await this.#model.advice?.(asked, unwanted, pace)) ?? [];
    return [...wordsNotUnderstood(asked), ...own];
  }

  /** How pictures have to be prepared for `encode`, where that is done elsewhere: on another thread, say. */
  sight({ tiles }: Pick<EncodeOptions, 'tiles'> = {}): Sight {
    const own = this.#model.sight();
    return { ...own, tiles, keepsImage: own.keepsImage || this.#source !== undefined };
  }

  /**
   * Runs the model over a picture. What it returns can be given to `detect` and `heatmap` instead.
   * @param source with a prepared picture, `sight` said how.
   */
  async encode(
    source: ImageSource | PreparedPicture,
    options: EncodeOptions = {},
  ): Promise<EncodedImage> {
    const picture = isPrepared(source)
      ? source
      : prepared(await decoded(source, options), this.sight(options));
    const { width, height, image, takenAs } = picture;
    const name = options.name ?? (isPrepared(source) ? undefined : nameOf(source));
    const parts: EncodedPart[] = [];
    for (const part of picture.parts) {
      options.signal?.throwIfAborted();
      parts.push(await this.#encodePart(part, image, name));
    }
    return { width, height, parts, ...(takenAs && { takenAs }) };
  }

  /**
   * Finds what the prompts describe. A prompt's boxes and scores depend on the picture and that prompt
   * (and the negatives) alone: other prompts change nothing, unless `acrossLabels` or `maxPerImage` is set, or the source
   * of the regions wants the prompts.
   *
   * @param prompts phrases; "sofa|couch" is one label with two phrasings, `{ label, phrasings }` one with a
   *   name of its own.
   * @returns all labels' detections by falling score.
   * @throws UserError for an empty prompt, an option that there is not, or a picture that cannot be read.
   */
  async detect(
    image: ImageSource | EncodedImage,
    prompts: readonly (string | Prompt)[],
    options: DetectOptions = {},
  ): Promise<Detection[]> {
    checkOptions(options);
    const asked = parsePrompts(prompts);
    if (options.thresholds)
      checkThresholds(
        options.thresholds,
        asked.map(({ label }) => label),
      );
    const encoded = isEncoded(image) ? image : await this.encode(image, options);
    const pace = untilAborted(options.signal);
    return this.find(encoded, await this.understand(asked, options.negatives, pace), options);
  }

  /** As `detect`, where both the picture and the prompts with the negatives have been looked at before. */
  async find(
    encoded: EncodedImage,
    { prompts, queries }: UnderstoodPrompts,
    options: Omit<DetectOptions, 'negatives'> = {},
  ): Promise<Detection[]> {
    checkOptions(options);
    const limits = { ...this.settings, ...withoutUndefined(options) };
    const labels = prompts.map(({ label }) => label);
    if (options.thresholds) checkThresholds(options.thresholds, labels);
    const questions = queries.map((query, i): Question => {
      const calibration = prompts[i].examples ? this.exampleCalibration : this.calibration;
      return { query, threshold: thresholdOf(labels[i], limits), calibration };
    });
    const phrasings = prompts.flatMap((prompt) => prompt.phrasings);
    const perPart: Candidate[][] = [];
    for (const { rect, seen, regionsFor } of encoded.parts) {
      options.signal?.throwIfAborted();
      const shown = regionsFor ? seen.among(await regionsFor(phrasings)) : seen;
      const found = await findInPart({ rect, seen: shown }, questions, limits);
      perPart.push(found.flatMap((ones, i) => ones.map((one) => ({ label: labels[i], ...one }))));
      // Other work of the process goes on between parts.
      if (encoded.parts.length > 1) await setImmediate();
    }
    const found =
      perPart.length === 1
        ? postprocess(perPart[0], limits)
        : await joinParts(encoded, perPart, limits);
    return found.map(({ label, score, box }) => ({
      label,
      score,
      box: xyxyToBox(box),
    }));
  }

  /**
   * Finds what the prompts describe in one picture after the other; the next ones are read meanwhile, on
   * threads that end with the last picture, or when the caller stops early.
   *
   * ```ts
   * for await (const { source, detections } of detector.detectEach(files, ['a dog'], { signal })) …
   * ```
   *
   * @param images any number: a list, or something that yields them.
   * @throws UserError for a picture that cannot be read, in its turn, unless `onFailure` takes it; the reason
   *   of `signal`.
   */
  async *detectEach(
    images: Iterable<ImageSource> | AsyncIterable<ImageSource>,
    prompts: readonly (string | Prompt)[],
    options: DetectEachOptions = {},
  ): AsyncGenerator<DetectedImage> {
    const { signal, onProgress, onFailure } = options;
    let [index, failed] = [0, 0];
    for await (const { source, result } of this.#readEach(images, options)) {
      signal?.throwIfAborted();
      const picture = await result.catch((error) => {
        if (!onFailure || !(error instanceof UserError)) throw error;
        failed++;
        onFailure({ index, source, error });
      });
      if (picture) {
        const encoded = await this.encode(picture, { ...options, name: nameOf(source) });
        const detections = await this.detect(encoded, prompts, options);
        yield { index, source, width: encoded.width, height: encoded.height, detections };
      }
      index++;
      onProgress?.({ done: index, failed });
    }
    signal?.throwIfAborted();
  }

  /** As `detectEach`, but for the prompts, which can be asked of each picture that comes. */
  async *encodeEach(
    images: Iterable<ImageSource> | AsyncIterable<ImageSource>,
    options: EncodeEachOptions = {},
  ): AsyncGenerator<EncodedImage> {
    for await (const { source, result } of this.#readEach(images, options)) {
      yield await this.encode(await result, { ...options, name: nameOf(source) });
    }
  }

  /** Pictures ready to be encoded, read on threads while the model works. */
  async *#readEach(
    images: Iterable<ImageSource> | AsyncIterable<ImageSource>,
    options: EncodeEachOptions,
  ): AsyncGenerator<Reading<ImageSource, PreparedPicture>> {
    const { ignoreOrientation, annotated, maxPixels } = options;
    const reader = new PictureReader();
    let index = 0;
    const read = (source: ImageSource) =>
      reader.read(source, this.sight(options), {
        ...{ ignoreOrientation, maxPixels, annotated: annotated?.(index++) },
      });
    try {
      yield* readAhead(images, read, reader.ahead);
    } finally {
      await reader.close();
    }
  }

  /**
   * Where a picture shows a phrase: each patch's probability of it, 0..1.
   * @throws UserError where the model has no map of the picture (`hasHeatmaps`).
   */
  async heatmap(
    image: ImageSource | EncodedImage,
    phrase: string,
    options: Pick<DetectOptions, 'ignoreOrientation'> = {},
  ): Promise<Heatmap> {
    const prompt = parsePrompt(phrase);
    const encoded = isEncoded(image) ? image : await this.encode(image, options);
    const [{ seen }] = encoded.parts;
    if (!seen.heatmap) throw noHeatmaps();
    return seen.heatmap(await this.#model.query(prompt, []));
  }

  /**
   * What a region looks most like among the names that the model knows of itself.
   * @param box in pixels of the picture.
   * @param count how many nouns.
   */
  async lookAlikes(image: EncodedImage, box: Box, count = 5): Promise<LookAlike[]> {
    const share = scaleBox(boxToXyxy(box), 1 / image.width, 1 / image.height);
    return image.parts[0].seen.lookAlikes(share, count);
  }

  /**
   * Says which of a fixed set of classes given boxes show, by the model's own rule for that.
   * @param names of the classes.
   */
  boxClassifier(names: readonly string[], options?: ClassOptions): Promise<BoxClassifier> {
    return this.#model.boxClassifier(names, options);
  }

  /**
   * Features of whole pictures, of length one, in the given order.
   * @throws UserError for a picture that cannot be read.
   */
  async imageFeatures(
    sources: readonly ImageSource[],
    options: Pick<EncodeOptions, 'ignoreOrientation' | 'maxPixels'> = {},
  ): Promise<Features> {
    if (!this.#model.imageFeatures)
      throw new UserError('The model has no features of whole pictures.');
    const images: RgbImage[] = [];
    for (const source of sources) images.push(await decoded(source, options));
    return normalised(await this.#model.imageFeatures(images));
  }

  /** Features of texts as they are, of length one, in the given order. */
  async textFeatures(texts: readonly string[], length: TextLength = 'short'): Promise<Features> {
    return normalised(await this.#model.textFeatures(texts, length));
  }

  /**
   * How well whole pictures and texts fit, each pair by itself, 0..1: [images, texts]. Undefined where the model was not
   * trained to say so: cosines then only tell which of several fits best.
   * @param images,texts of `imageFeatures` and `textFeatures`.
   */
  globalScores(images: Features, texts: Features): Float32Array | undefined {
    return this.#model.globalScores?.(images, texts);
  }

  /** Frees the model and the source of regions. */
  async dispose(): Promise<void> {
    await this.#model.dispose();
    await this.#source?.dispose?.();
  }

  /** @param image the whole picture, where `sight` keeps it. */
  async #encodePart(
    part: PreparedPart,
    image: RgbImage | undefined,
    name: string | undefined,
  ): Promise<EncodedPart> {
    const { rect } = part;
    const source = this.#source;
    if (!source) return { rect, seen: await this.#model.see(part, { image }) };
    const regionsFor = (prompts?: readonly string[]) =>
      regionsFrom(source, image!, rect, { name, prompts, most: this.settings.maxProposals });
    if (source.wantsPrompts) {
      return { rect, seen: await this.#model.see(part, { image, regions: [] }), regionsFor };
    }
    return { rect, seen: await this.#model.see(part, { image, regions: await regionsFor() }) };
  }
}

/** The best of what a source proposes, in shares of the part's sides. */
async function regionsFrom(
  source: ProposalSource,
  picture: RgbImage,
  rect: Xyxy,
  { name, prompts, most }: { name?: string; prompts?: readonly string[]; most: number },
): Promise<Region[]> {
  const image = crop(picture, rect);
  const { width, height } = image;
  const isTile = width < picture.width || height < picture.height;
  const tile = isTile
    ? { rect, picture: { width: picture.width, height: picture.height } }
    : undefined;
  const proposals = await source.propose({ image, tile, name, prompts });
  return proposals
    .toSorted((a, b) => b.quality - a.quality)
    .slice(0, most)
    .map(({ box, quality }) => ({ box: scaleBox(box, 1 / width, 1 / height), quality }));
}

/** A box as the picture has it. @throws UserError where nothing of it lies inside */
function insidePicture(box: Box, { width, height }: Size): Xyxy {
  const inside = clipBox(boxToXyxy(box), width, height);
  if (boxArea(inside) > 0) return inside;
  const { xmin, ymin, xmax, ymax } = box;
  throw new UserError(
    `The example ${xmin},${ymin},${xmax},${ymax} shows nothing of the picture, which has ${width} × ${height} pixels.`,
  );
}

function nameOf(source: ImageSource): string | undefined {
  return typeof source === 'string' ? source : undefined;
}

function isPrepared(source: ImageSource | PreparedPicture): source is PreparedPicture {
  return typeof source === 'object' && 'parts' in source;
}

function isEncoded(image: ImageSource | EncodedImage): image is EncodedImage {
  return typeof image === 'object' && 'parts' in image;
}

function withoutUndefined<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
}
