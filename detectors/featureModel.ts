import type { TextLength } from '../src/fgclip/textLength.js';
import type { Xyxy } from '../src/geometry/boxes.js';
import type { RgbImage } from '../src/images/rgbImage.js';
import type { Calibration } from './calibration.js';
import type { Looks } from './examples.js';
import type { Features } from './features.js';
import type { Heatmap } from './heatmap.js';
import type { Pace } from './pace.js';
import type { PreparedPart, PreparedPicture, Sight } from './preparedPicture.js';
import type { Prompt } from './prompts.js';
import type { LookAlike } from './regions/lookAlikes.js';

/** A region of a part of a picture, whatever it shows. */
export interface Region {
  /** In shares of the part's sides. */
  box: Xyxy;
  /** 0..1: how likely it is that the box fits one object. */
  quality: number;
}

/** A region that may show what a prompt asks. */
export interface Found {
  /** In shares of the part's sides. */
  box: Xyxy;
  /** 0..1 */
  score: number;
  /** What duplicates are judged by: of equal scores, the box whose edges are better known wins. */
  worth: number;
}

/** A prompt as a model understands it, and the least score of what it finds. */
export interface Asked<Q extends object = object> {
  query: Q;
  threshold: number;
}

/** What is decided for all prompts. */
export interface FindOptions {
  /** Boxes of one label whose intersection over union is greater are one. */
  nms: number;
  /** So are boxes that lie inside one another to this share. */
  containment: number;
  /** As `DetectOptions.gate`. */
  gate?: boolean;
}

/** A part of a picture as a model has seen it: it can be asked about any number of prompts. */
export interface SeenPart<Q extends object = object> {
  /**
   * The regions that are looked at, whatever is asked, by falling quality. Undefined where they depend on what is
   * asked.
   */
  readonly regions?: readonly Region[];
  /** The same part, looked at in these regions instead, by falling quality. */
  among(regions: readonly Region[]): SeenPart<Q>;
  /** For each prompt, the regions that may show it. Duplicates are left in. */
  find(asked: readonly Asked<Q>[], options: FindOptions): Promise<Found[][]>;
  /** How likely each place shows what is asked, where the family has a map of the picture. */
  heatmap?(query: Q): Heatmap;
  /**
   * What regions look like, for prompts with examples.
   * @param shown,unlike boxes in shares of the part's sides that show a thing, and that do not though they look alike.
   */
  looks(shown: readonly Xyxy[], unlike: readonly Xyxy[]): Promise<Looks>;
  /** What the region looks most like among the names that the model knows of itself, likeliest first. */
  lookAlikes(box: Xyxy, count: number): Promise<LookAlike[]>;
}

/** What a part of a picture is looked at with. */
export interface Surroundings {
  /** The whole picture, where `sight` keeps it. */
  image?: RgbImage;
  /** Regions to look at, by falling quality, instead of the model's own. */
  regions?: readonly Region[];
}

/** Sorts given boxes into a fixed set of classes. */
export interface BoxClassifier {
  /** How pictures have to be prepared. */
  sight(): Sight;
  /**
   * Logarithms of how well each box shows each class: [boxes, classes], each at most 0.
   * @param boxes in pixels of the picture, inside it.
   */
  classify(picture: PreparedPicture, boxes: readonly Xyxy[]): Promise<Float64Array>;
}

export interface ClassOptions {
  /** Sentences a class's name is put into; features are averaged. Default: the model folder's. */
  templates?: readonly string[];
  /** What cosines are multiplied by before the softmax. Default: the model folder's. */
  temperature?: number;
}

/** A prompt that the model knows too little about. */
export interface Advice {
  label: string;
  /** What is wrong, and what helps, in one sentence. */
  message: string;
}

/**
 * What a detector needs of a model, whatever its family: it looks at pictures, understands prompts, and scores the
 * regions of the one against the other.
 */
export interface FeatureModel<Q extends object = object> {
  /** Whether it has a map of the picture, so that parts have `heatmap`. */
  readonly hasHeatmaps?: boolean;
  /** What makes scores of prompts with examples about probabilities, where that was not measured. */
  readonly exampleCalibration?: Calibration;
  /** Whether general names lower the scores of prompts (`DetectOptions.gate`). */
  readonly hasGate?: boolean;
  /** How pictures have to be prepared for `see`. */
  sight(): Sight;
  /** Gets ready what does not depend on a picture or a prompt; saves time while a picture is read. */
  prepare?(): Promise<void>;
  /** Looks at a part of a picture. */
  see(part: PreparedPart, surroundings: Surroundings): Promise<SeenPart<Q>>;
  /**
   * What a prompt asks.
   * @param negatives look-alikes that are not wanted.
   * @param pace of the pieces in which texts are encoded. Default: one after the other.
   */
  query(prompt: Prompt, negatives: readonly Prompt[], pace?: Pace): Promise<Q>;
  /** How many numbers a vector of `SeenPart.looks` has. */
  lookWidth(): Promise<number>;
  /** What a person should know of prompts that the model understands badly. @param pace as of `query`. */
  advice?(prompts: readonly Prompt[], negatives: readonly Prompt[], pace?: Pace): Promise<Advice[]>;
  /** Sorts boxes into classes. @param names of the classes. */
  boxClassifier(names: readonly string[], options?: ClassOptions): Promise<BoxClassifier>;
  /** Features of whole pictures and of texts, in one space, in the given order. Not normalised. */
  imageFeatures?(images: readonly RgbImage[]): Promise<Features>;
  textFeatures(texts: readonly string[], length?: TextLength): Promise<Features>;
  /**
   * How well whole pictures and texts fit, each pair by itself, 0..1, where the family was trained to say so:
   * [images, texts].
   * @param images,texts of `imageFeatures` and `textFeatures`.
   */
  globalScores?(images: Features, texts: Features): Float32Array;
  dispose(): Promise<void>;
}
