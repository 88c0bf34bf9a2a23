import { type DrawnDetection, drawBoxes } from './drawBoxes.js';
import { labelFont } from './fonts.js';
import { encodeCanvas, type PictureFormat, pictureCanvas } from './pictureCanvas.js';
import type { RgbImage } from './rgbImage.js';

export type { DrawnDetection };

export interface DrawOptions {
  /** Default: png. */
  format?: PictureFormat;
  /** All labels that may occur; a label's place here decides its colour, in every picture the same. */
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
  drawBoxes({ ...sheet, font: labelFont, labels: options.labels }, detections);
  return encodeCanvas(sheet.canvas, options.format ?? 'png');
}
