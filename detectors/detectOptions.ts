import type { UserError } from '../src/errors.js';
import type { Box } from '../src/geometry/boxes.js';
import type { AnnotatedOrientation } from '../src/images/orientation.js';

import type { SuppressionMethod } from './postprocess.js';
import type { ImageSource } from './preparedPicture.js';
import type { TileRequest } from './tiles.js';

/** A thing found in a picture. */
export interface Detection {
  /** The prompt's: of a text, its first phrasing. */
  label: string;
  /**
   * 0..1: how well the box fits the prompt, and an object. With a calibration
   * in the model's settings it is the share of boxes of that score that are right, as it was measured.
   */
  score: number;
  /** In pixels of the picture, inside it. */
  box: Box;
}

export interface DetectOptions extends EncodeOptions {
  /** Least score. The default, as all others, is the model folder's. */
  threshold?: number;
  /** Least scores of single labels: `{ 'a dog': 0.5 }`. */
  thresholds?: Readonly<Record<string, number>>;
  /** Boxes of one label whose intersection over union is greater are one. */
  nms?: number;
  /** What becomes of such boxes: dropped (`hard`), or their scores lowered (soft-NMS). */
  method?: SuppressionMethod;
  /**
   * Boxes of different labels that overlap more are one thing, with the label that scores best. With it and
   * with `maxPerImage`, and only with them, prompts influence each other's results. Default: no limit.
   */
  acrossLabels?: number;
  /** Most boxes of each label. */
  maxDetections?: number;
  /** Most boxes of all labels together. Default: no limit. */
  maxPerImage?: number;
  /**
   * For the model for photographs: whether general names that fit a box better than a prompt lower its score below
   * the model's threshold. It decides what is there at all, and not in which order; benchmarks, which
   * score the order, go without. Default: true.
   */
  gate?: boolean;
  /** Look-alikes that are not wanted: regions that show one of these rather than a prompt go. */
  negatives?: readonly string[];
}

export interface EncodeOptions {
  /** Take a file's pixels as stored, whatever its EXIF orientation says. Default: false. */
  ignoreOrientation?: boolean;
  /** Also look at tiles of the picture, for things that vanish when the whole is made small. */
  tiles?: TileRequest;
  /** Where a decoded picture came from; sources that look regions up need it. */
  name?: string;
  /** Files of pictures with so many pixels or more are refused. Default: 100 megapixels. */
  maxPixels?: number;
  /** Ends the work before the next step of it: what is waited for fails with the signal's reason. */
  signal?: AbortSignal;
}

export interface EncodeEachOptions extends EncodeOptions {
  /** Of pictures with annotations, by their place, what these are for: it decides about the EXIF orientation. */
  annotated?(index: number): AnnotatedOrientation;
}

export interface DetectEachOptions extends DetectOptions {
  /** Is told, after each picture, how many there were and how many of them could not be read. */
  onProgress?(progress: { done: number; failed: number }): void;
  /** Is told of pictures that cannot be read, which are then passed over. Default: the first one ends the work. */
  onFailure?(failure: { index: number; source: ImageSource; error: UserError }): void;
}

/** A picture that was looked at. */
export interface DetectedImage {
  /** Its place among those that were given, from 0. */
  index: number;
  source: ImageSource;
  /** In pixels. */
  width: number;
  height: number;
  /** By falling score. */
  detections: Detection[];
}
