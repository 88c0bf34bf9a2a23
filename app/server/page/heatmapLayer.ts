import { colourOf } from '../../../src/images/colourMap.js';
import { fillHeatmap, type Range, rangeOf, smoothSize } from '../../../src/images/heatmapPixels.js';
import { css } from '../../../src/images/labelColours.js';
import type { Heatmap, Size } from './contract.js';
import { byId } from './dom.js';

/** A map as a picture to lay over the one it is of, and what its colours mean. */
export interface HeatmapLayer {
  canvas: HTMLCanvasElement;
  range: Range;
}

export function heatmapLayer(heatmap: Heatmap, picture: Size): HeatmapLayer {
  const canvas = document.createElement('canvas');
  const size = smoothSize(picture);
  canvas.width = size.width;
  canvas.height = size.height;
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  const pixels = context.createImageData(size.width, size.height);
  const range = rangeOf(heatmap.map);
  fillHeatmap(pixels, heatmap, range);
  context.putImageData(pixels, 0, 0);
  return { canvas, range };
}

/** Shows what the colours mean. */
export function showLegend(range: Range | undefined): void {
  const legend = byId('legend', HTMLElement);
  legend.hidden = range === undefined;
  if (!range) return;
  byId('legend-low', HTMLElement).textContent = range.min.toFixed(2);
  byId('legend-high', HTMLElement).textContent = range.max.toFixed(2);
  const stops = Array.from({ length: 11 }, (_, i) => css(colourOf(i / 10)));
  byId('legend-bar', HTMLElement).style.background = `linear-gradient(90deg, ${stops.join(', ')})`;
}
