import { serveTasks } from '../threads/serveTasks.js';
import { type DrawnDetection, type DrawOptions, drawDetections } from './draw.js';
import type { RgbImage } from './rgbImage.js';

/** A picture that a thread is to draw on. */
export interface DrawTask {
  image: RgbImage;
  detections: readonly DrawnDetection[];
  options: DrawOptions;
}

serveTasks(async ({ image, detections, options }: DrawTask) => ({
  // The encoder's memory cannot be handed over to another thread; a copy's can.
  bytes: new Uint8Array(await drawDetections(image, detections, options)),
}));
