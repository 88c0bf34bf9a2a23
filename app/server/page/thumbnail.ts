import type { Box, Size } from './contract.js';
import { html } from './dom.js';

/** Side in pixels of its canvas, shown at half of that on a usual screen. */
const side = 64;

/** A small square picture of a box, all of it. @param size of the picture whose pixels the box is in. */
export function thumbnail(image: HTMLImageElement, box: Box, size: Size): HTMLCanvasElement {
  const canvas = html('canvas', { width: side, height: side });
  const [toX, toY] = [image.naturalWidth / size.width, image.naturalHeight / size.height];
  const [width, height] = [(box.xmax - box.xmin) * toX, (box.ymax - box.ymin) * toY];
  const scale = side / Math.max(width, height);
  const [w, h] = [width * scale, height * scale];
  canvas
    .getContext('2d')
    ?.drawImage(
      ...([image, box.xmin * toX, box.ymin * toY, width, height] as const),
      ...([(side - w) / 2, (side - h) / 2, w, h] as const),
    );
  return canvas;
}
