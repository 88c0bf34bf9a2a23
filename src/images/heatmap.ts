import { createCanvas, type SKRSContext2D } from 'canvas';
import { colourOf } from './colourMap.js';
import { fitText } from './fitText.js';
import { labelFont } from './fonts.js';
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

/** The map is made smooth at this many pixels on its longer side; the canvas does the rest. */
const smoothSide = 768;

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
  const stripHeight = (textSize: number) => Math.round(textSize * 2.6);
  const { canvas, context, width, height, textSize } = pictureCanvas(
    image,
    options.minSide ?? 480,
    stripHeight,
  );
  const min = options.min ?? map.reduce((least, value) => Math.min(least, value));
  const max = options.max ?? map.reduce((most, value) => Math.max(most, value));
  overlay(context, { map, rows, columns }, { min, max }, { width, height });
  drawStrip(context, options.caption ?? '', { min, max }, textSize, {
    top: height,
    width,
    height: stripHeight(textSize),
  });
  return encodeCanvas(canvas, options.format ?? 'png');
}

interface Range {
  min: number;
  max: number;
}
interface Grid {
  map: Float32Array;
  rows: number;
  columns: number;
}

function overlay(
  context: SKRSContext2D,
  grid: Grid,
  { min, max }: Range,
  { width, height }: { width: number; height: number },
): void {
  const shrink = Math.min(1, smoothSide / Math.max(width, height));
  const fine = {
    columns: Math.max(1, Math.round(width * shrink)),
    rows: Math.max(1, Math.round(height * shrink)),
  };
  const values = smoothed(grid, fine.rows, fine.columns);
  const layer = createCanvas(fine.columns, fine.rows);
  const layerContext = layer.getContext('2d');
  const pixels = layerContext.createImageData(fine.columns, fine.rows);
  values.forEach((value, i) => {
    const share = shareOf(value, { min, max });
    pixels.data.set(colourOf(share), 4 * i);
    pixels.data[4 * i + 3] = 255 * (0.35 + 0.4 * share);
  });
  layerContext.putImageData(pixels, 0, 0);
  // In grey, so that every colour is the map's.
  context.globalCompositeOperation = 'saturation';
  context.fillStyle = 'grey';
  context.fillRect(0, 0, width, height);
  context.globalCompositeOperation = 'source-over';
  context.imageSmoothingQuality = 'high';
  context.drawImage(layer, 0, 0, width, height);
}

/** Where a value lies between the ends, 0..1; a value that is not a number counts as the least. */
function shareOf(value: number, { min, max }: Range): number {
  if (!(max > min) || Number.isNaN(value)) return 0;
  return Math.max(0, Math.min((value - min) / (max - min), 1));
}

/** Caption on the left; colour bar with its two ends on the right. */
function drawStrip(
  context: SKRSContext2D,
  caption: string,
  { min, max }: Range,
  textSize: number,
  strip: { top: number; width: number; height: number },
): void {
  context.fillStyle = '#16181d';
  context.fillRect(0, strip.top, strip.width, strip.height);
  const middle = strip.top + strip.height / 2;
  const baseline = middle + textSize * 0.36;
  const margin = textSize * 0.9;

  const barWidth = Math.round(strip.width * 0.22);
  const barHeight = Math.round(textSize * 0.8);
  context.font = labelFont(textSize, 400);
  const [low, high] = [min, max].map((value) => value.toFixed(2));
  const highLeft = strip.width - margin - context.measureText(high).width;
  const barLeft = highLeft - textSize * 0.4 - barWidth;
  const lowLeft = barLeft - textSize * 0.4 - context.measureText(low).width;
  for (let x = 0; x < barWidth; x++) {
    const [red, green, blue] = colourOf(x / Math.max(1, barWidth - 1));
    context.fillStyle = `rgb(${red}, ${green}, ${blue})`;
    context.fillRect(Math.round(barLeft) + x, middle - barHeight / 2, 1, barHeight);
  }
  context.strokeStyle = 'rgba(255, 255, 255, 0.35)';
  context.lineWidth = Math.max(1, textSize / 14);
  context.strokeRect(Math.round(barLeft), middle - barHeight / 2, barWidth, barHeight);
  context.fillStyle = '#c9ced8';
  context.fillText(low, lowLeft, baseline);
  context.fillText(high, highLeft, baseline);

  context.font = labelFont(textSize);
  context.fillStyle = '#ffffff';
  context.fillText(fitText(context, caption, lowLeft - 2 * margin), margin, baseline);
}

/**
 * The grid resampled to `rows` x `columns` by the cubic B-spline, which rounds off steps and adds no
 * peaks that are not in the map.
 */
function smoothed(grid: Grid, rows: number, columns: number): Float32Array {
  const across = splineTaps(grid.columns, columns);
  const down = splineTaps(grid.rows, rows);
  const wide = new Float32Array(grid.rows * columns);
  for (let row = 0; row < grid.rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (const { from, weight } of across[column]) {
        sum += weight * grid.map[row * grid.columns + from];
      }
      wide[row * columns + column] = sum;
    }
  }
  const result = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (const { from, weight } of down[row]) {
      for (let column = 0; column < columns; column++) {
        result[row * columns + column] += weight * wide[from * columns + column];
      }
    }
  }
  return result;
}

function splineTaps(from: number, to: number): { from: number; weight: number }[][] {
  return Array.from({ length: to }, (_, i) => {
    const position = ((i + 0.5) * from) / to - 0.5;
    const cell = Math.floor(position);
    const t = position - cell;
    const weights = [
      (1 - t) ** 3,
      3 * t ** 3 - 6 * t ** 2 + 4,
      -3 * t ** 3 + 3 * t ** 2 + 3 * t + 1,
      t ** 3,
    ];
    return weights.map((weight, tap) => ({
      from: Math.max(0, Math.min(cell - 1 + tap, from - 1)),
      weight: weight / 6,
    }));
  });
}
