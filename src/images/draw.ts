import { type DrawnDetection, drawBoxes } from './drawBoxes.js';
import { labelFont, writable } from './fonts.js';
import { encodeCanvas, type PictureFormat, pictureCanvas } from './pictureCanvas.js';
import type { RgbImage } from './rgbImage.js';

export type { DrawnDetection };

export interface DrawOptions {
  /** Default: png. */
  format?: PictureFormat;
  /**
   * All labels that may occur; a label's place here decides its colour, in every picture the same, and the number that
   * stands for a label that no font has.
   */
  labels?: readonly string[];
  /**
   * Pictures whose longer side is shorter are enlarged by a whole factor, so that the labels can be read.
   * Default: 480 pixels; 0 keeps the size.
   */
  minSide?: number;
}

/**
 * The picture with a frame around each detection and its label and score beside it, as a file. Frames
 * are clipped to the picture; those that lie outside it are left out.
 */
export async function drawDetections(
  image: RgbImage,
  detections: readonly DrawnDetection[],
  options: DrawOptions = {},
): Promise<Buffer> {
  const sheet = pictureCanvas(image, options.minSide ?? 480);
  const names = [...new Set([...(options.labels ?? []), ...detections.map(({ label }) => label)])];
  const written = writable(names);
  const nameOf = new Map(names.map((name, i) => [name, written[i]]));
  const shown = detections.map((one) => ({ ...one, label: nameOf.get(one.label)! }));
  drawBoxes({ ...sheet, font: labelFont, labels: written }, shown);
  return encodeCanvas(sheet.canvas, options.format ?? 'png');
}
