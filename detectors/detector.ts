import type { RgbImage } from '../src/images/rgbImage.js';
import { type Box, clipBox, scaleBox, xyxyToBox } from './boxes.js';
import { ContrastVocabulary } from './contrast.js';
import type { FeatureModel } from './featureModel.js';
import { concatenated, type Features, features } from './features.js';
import { type FindOptions, findPrompt } from './findPrompt.js';
import { type Heatmap, heatmapOf } from './heatmap.js';
import { PhraseFeatures, type PromptFeatures } from './phraseFeatures.js';
import { parsePrompt, parsePrompts } from './prompts.js';
import { type Query, RegionClassifier } from './regions/classifier.js';
import { inputSize } from './scales.js';
import type { DetectorSettings } from './settings.js';
import { View } from './view.js';

/** A thing found in a picture. */
export interface Detection {
  /** The prompt's first phrasing. */
  label: string;
  /**
   * 0..1: the probability that the box shows the prompt rather than anything else, times how well the box
   * encloses what looks like the prompt.
   */
  score: number;
  /** In pixels of the picture, inside it. */
  box: Box;
}

export interface DetectOptions {
  /** Least score. The default, as all others, is the model folder's. */
  threshold?: number;
  /** Boxes of one label whose intersection over union is greater are one. */
  nms?: number;
  /** Most boxes of each label. */
  maxDetections?: number;
  /** Look-alikes that are not wanted: regions that show one of these rather than a prompt go. */
  negatives?: readonly string[];
  /** Take a file's pixels as stored, whatever its EXIF orientation says. Default: false. */
  ignoreOrientation?: boolean;
}

/** A file's path, a file's bytes, or a decoded picture. */
export type ImageSource = string | Uint8Array | RgbImage;

/** A picture that has been encoded; any number of prompts can be asked of it. */
export interface EncodedImage {
  readonly width: number;
  readonly height: number;
  readonly views: readonly View[];
}

/** Finds in pictures what is asked for in free text. */
export class Detector {
  readonly settings: DetectorSettings;
  readonly #model: FeatureModel;
  readonly #phrases: PhraseFeatures;

  constructor(model: FeatureModel, settings: DetectorSettings) {
    this.settings = settings;
    this.#model = model;
    this.#phrases = new PhraseFeatures(
      model,
      new ContrastVocabulary(settings.contrastVocabulary),
      settings.templates,
      settings.sameMeaning,
    );
  }

  /**
   * Starts on what does not need a picture: the texts' features. Calling it is never necessary; it saves
   * time where the picture is still being read.
   */
  async prepare(prompts: readonly string[], negatives: readonly string[] = []): Promise<void> {
    await this.#classifier();
    for (const prompt of parsePrompts([...prompts, ...negatives]))
      await this.#phrases.prompt(prompt);
  }

  /** Runs the model over a picture. What it returns can be given to `detect` and `heatmap` instead. */
  async encode(
    source: ImageSource,
    { ignoreOrientation }: Pick<DetectOptions, 'ignoreOrientation'> = {},
  ): Promise<EncodedImage> {
    const image = await decoded(source, ignoreOrientation);
    const { imageSize, patchSize } = this.#model;
    const sizes = this.settings.scales.map((scale) =>
      inputSize(image, imageSize, patchSize, scale),
    );
    const [classifier, maps] = await Promise.all([
      this.#classifier(),
      Promise.all(sizes.map((size) => this.#model.denseFeatures(image, size))),
    ]);
    const views = maps.map((map) => new View(map, classifier));
    return { width: image.width, height: image.height, views };
  }

  /**
   * Finds what the prompts describe. A prompt's boxes and scores depend on the picture and that prompt
   * (and the negatives) alone: other prompts change nothing.
   *
   * @param prompts phrases; "sofa|couch" is one label with two phrasings.
   * @returns all labels' detections by falling score.
   * @throws UserError for an empty prompt or a picture that cannot be read.
   */
  async detect(
    image: ImageSource | EncodedImage,
    prompts: readonly string[],
    options: DetectOptions = {},
  ): Promise<Detection[]> {
    const asked = parsePrompts(prompts);
    const negatives = await this.#negatives(options.negatives ?? []);
    const encoded = await this.#encoded(image, options);
    const limits: FindOptions = { ...this.settings, ...withoutUndefined(options) };
    const detections: Detection[] = [];
    for (const prompt of asked) {
      const query = { ...(await this.#phrases.prompt(prompt)), negatives };
      for (const { box, score } of findPrompt(encoded.views, query, limits)) {
        const { width, height } = encoded;
        const pixels = clipBox(scaleBox(box, width, height), width, height);
        detections.push({ label: prompt.label, score, box: xyxyToBox(pixels) });
      }
    }
    return detections.sort((a, b) => b.score - a.score);
  }

  /** Where a picture shows a phrase: each patch's probability of it, 0..1. */
  async heatmap(
    image: ImageSource | EncodedImage,
    phrase: string,
    options: Pick<DetectOptions, 'ignoreOrientation'> = {},
  ): Promise<Heatmap> {
    const prompt = parsePrompt(phrase);
    const encoded = await this.#encoded(image, options);
    const query: Query = {
      ...(await this.#phrases.prompt(prompt)),
      negatives: await this.#negatives([]),
    };
    return heatmapOf(encoded.views, query);
  }

  /** Frees the model. */
  dispose(): Promise<void> {
    return this.#model.dispose();
  }

  async #encoded(
    image: ImageSource | EncodedImage,
    options: Pick<DetectOptions, 'ignoreOrientation'>,
  ): Promise<EncodedImage> {
    return isEncoded(image) ? image : this.encode(image, options);
  }

  async #classifier(): Promise<RegionClassifier> {
    return new RegionClassifier(await this.#phrases.contrast(), this.settings.temperature);
  }

  async #negatives(texts: readonly string[]): Promise<Features> {
    const found: PromptFeatures[] = [];
    for (const prompt of parsePrompts(texts)) found.push(await this.#phrases.prompt(prompt));
    if (found.length > 0) return concatenated(found.map(({ phrasings }) => phrasings));
    const { dimension } = await this.#phrases.contrast();
    return features(new Float32Array(0), dimension);
  }
}

function isEncoded(image: ImageSource | EncodedImage): image is EncodedImage {
  return typeof image === 'object' && 'views' in image;
}

async function decoded(source: ImageSource, ignoreOrientation = false): Promise<RgbImage> {
  if (typeof source !== 'string' && !(source instanceof Uint8Array)) return source;
  const { decodeImage } = await import('../src/images/decode.js');
  return decodeImage(source, { applyOrientation: !ignoreOrientation });
}

function withoutUndefined<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
}
