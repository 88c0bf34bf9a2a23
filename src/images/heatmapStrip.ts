import { colourOf } from './colourMap.js';
import type { DrawingContext } from './drawingContext.js';
import { fitText } from './fitText.js';
import type { Range } from './heatmapPixels.js';

/** The height of the strip below a heat map. */
export function stripHeight(textSize: number): number {
  return Math.round(textSize * 2.6);
}

/** Where the strip is drawn and how it is written on. */
export interface Strip {
  context: DrawingContext;
  top: number;
  width: number;
  textSize: number;
  /** The CSS font of a size. */
  font(size: number, weight: 400 | 600): string;
}

/** Caption on the left; colour bar with its two ends on the right. */
export function drawHeatmapStrip(strip: Strip, caption: string, { min, max }: Range): void {
  const { context, textSize, font } = strip;
  const height = stripHeight(textSize);
  context.fillStyle = '#16181d';
  context.fillRect(0, strip.top, strip.width, height);
  const middle = strip.top + height / 2;
  const baseline = middle + textSize * 0.36;
  const margin = textSize * 0.9;

  const barWidth = Math.round(strip.width * 0.22);
  const barHeight = Math.round(textSize * 0.8);
  context.font = font(textSize, 400);
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

  context.font = font(textSize, 600);
  context.fillStyle = '#ffffff';
  context.fillText(fitText(context, caption, lowLeft - 2 * margin), margin, baseline);
}
