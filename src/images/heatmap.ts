import { createCanvas, type SKRSContext2D } from 'canvas';
import { labelFont } from './fonts.js';
import { fillHeatmap, type Grid, type Range, rangeOf, smoothSize } from './heatmapPixels.js';
import { drawHeatmapStrip, stripHeight } from './heatmapStrip.js';
import { encodeCanvas, type PictureFormat, pictureCanvas } from './pictureCanvas.js';
import type { RgbImage } from './rgbImage.js';

export interface HeatmapOptions {
  /** Default: png. */
  format?: PictureFormat;
  /** What the map is of; stands below the picture. */
  caption?: string;
  /** The values at the two ends of the colours. Default: the map's least and greatest. */
  min?: number;
  max?: number;
  /** Pictures whose longer side is shorter are enlarged by a whole factor. Default: 480 pixels. */
  minSide?: number;
}

/**
 * The picture with a map of values laid over it, and a strip below with the caption and the colours'
 * meaning, as a file. The picture is grey; low values let it through, high ones cover it.
 * @param map [rows, columns], spread evenly over the picture.
 */
export async function drawHeatmap(
  image: RgbImage,
  map: Float32Array,
  rows: number,
  columns: number,
  options: HeatmapOptions = {},
): Promise<Buffer> {
  if (map.length !== rows * columns || map.length === 0) {
    throw new RangeError(`A map of ${rows} x ${columns} cannot have ${map.length} values.`);
  }
  const { canvas, context, width, height, textSize } = pictureCanvas(
    image,
    options.minSide ?? 480,
    stripHeight,
  );
  const range = { ...rangeOf(map), ...ends(options) };
  overlay(context, { map, rows, columns }, range, { width, height });
  const strip = { context, top: height, width, textSize, font: labelFont };
  drawHeatmapStrip(strip, options.caption ?? '', range);
  return encodeCanvas(canvas, options.format ?? 'png');
}

function ends({ min, max }: HeatmapOptions): Partial<Range> {
  return { ...(min !== undefined && { min }), ...(max !== undefined && { max }) };
}

function overlay(
  context: SKRSContext2D,
  grid: Grid,
  range: Range,
  { width, height }: { width: number; height: number },
): void {
  const fine = smoothSize({ width, height });
  const layer = createCanvas(fine.width, fine.height);
  const layerContext = layer.getContext('2d');
  const pixels = layerContext.createImageData(fine.width, fine.height);
  fillHeatmap(pixels, grid, range);
  layerContext.putImageData(pixels, 0, 0);
  // In grey, so that every colour is the map's.
  context.globalCompositeOperation = 'saturation';
  context.fillStyle = 'grey';
  context.fillRect(0, 0, width, height);
  context.globalCompositeOperation = 'source-over';
  context.imageSmoothingQuality = 'high';
  context.drawImage(layer, 0, 0, width, height);
}
