import { type Canvas, createCanvas, type SKRSContext2D } from 'canvas';
import sharp from 'sharp';
import type { RgbImage } from './rgbImage.js';
import { textSizeOn } from './textSize.js';

export type PictureFormat = 'png' | 'jpeg';

/** A picture on a canvas, possibly enlarged so that writing on it can be read. */
export interface PictureCanvas {
  canvas: Canvas;
  context: SKRSContext2D;
  /** Canvas pixels per pixel of the picture: a whole number. */
  scale: number;
  /** Of the picture on the canvas, in canvas pixels. */
  width: number;
  height: number;
  /** The size of normal text in canvas pixels. */
  textSize: number;
}

/**
 * @param minSide pictures whose longer side is shorter are enlarged by the whole factor that reaches it.
 * @param footer height to leave free below the picture, from the text size.
 */
export function pictureCanvas(
  image: RgbImage,
  minSide: number,
  footer: (textSize: number) => number = () => 0,
): PictureCanvas {
  const scale = Math.max(1, Math.ceil(minSide / Math.max(image.width, image.height)));
  const width = image.width * scale;
  const height = image.height * scale;
  const textSize = textSizeOn({ width, height });
  const canvas = createCanvas(width, height + footer(textSize));
  const context = canvas.getContext('2d');
  if (scale === 1) {
    context.putImageData(imageData(context, image), 0, 0);
  } else {
    context.imageSmoothingQuality = 'high';
    context.drawImage(toCanvas(image), 0, 0, width, height);
  }
  return { canvas, context, scale, width, height, textSize };
}

/** A file of what is on the canvas; transparency is lost. JPEG is written at quality 92. */
export function encodeCanvas(canvas: Canvas, format: PictureFormat): Promise<Buffer> {
  const { width, height } = canvas;
  // sharp writes large PNGs several times faster than the canvas does.
  const picture = sharp(canvas.data(), { raw: { width, height, channels: 4 } }).removeAlpha();
  const encoded =
    format === 'png' ? picture.png({ compressionLevel: 4 }) : picture.jpeg({ quality: 92 });
  return encoded.toBuffer();
}

function toCanvas(image: RgbImage): Canvas {
  const canvas = createCanvas(image.width, image.height);
  const context = canvas.getContext('2d');
  context.putImageData(imageData(context, image), 0, 0);
  return canvas;
}

function imageData(context: SKRSContext2D, { width, height, data }: RgbImage) {
  const pixels = context.createImageData(width, height);
  const rgba = pixels.data;
  for (let from = 0, to = 0; from < data.length; from += 3, to += 4) {
    rgba[to] = data[from];
    rgba[to + 1] = data[from + 1];
    rgba[to + 2] = data[from + 2];
    rgba[to + 3] = 255;
  }
  return pixels;
}
