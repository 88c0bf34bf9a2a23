import { drawBoxes } from '../../../src/images/drawBoxes.js';
import { drawHeatmapStrip, stripHeight } from '../../../src/images/heatmapStrip.js';
import { textSizeOn } from '../../../src/images/textSize.js';
import type { Api } from './api.js';
import type { Detection, SavedExamples, Size } from './contract.js';
import { html } from './dom.js';
import type { HeatmapLayer } from './heatmapLayer.js';

/** A picture and what was found in it. */
export interface Findings extends Size {
  /** The picture's file name. */
  file: string;
  detections: readonly Detection[];
  /** All labels asked for; a label's place decides its colour. */
  labels: readonly string[];
}

/** What `fgdet detect --json` and POST /v1/detect call a result. */
export function findingsJson({ file, width, height, detections }: Findings): string {
  return JSON.stringify({ image: file, width, height, detections }, undefined, 2);
}

/** Lets the server write the findings in a label format, and saves its file. */
export async function saveLabels(api: Api, format: string, findings: Findings): Promise<string> {
  const { file, width, height, detections, labels: categories } = findings;
  const body = { format, file, width, height, detections, categories };
  const response = await api.send('v1/labels', { method: 'POST', body });
  const named = /filename="?([^";]+)"?/.exec(response.headers.get('content-disposition') ?? '');
  const name = named?.[1] ?? `${stemOf(file)}.${format}.json`;
  save(await response.blob(), name);
  return name;
}

/** Saves the picture with its boxes drawn in, as `fgdet detect` draws them. */
export async function saveBoxes(image: HTMLImageElement, findings: Findings): Promise<string> {
  const { canvas, ...sheet } = sheetOf(image, findings);
  drawBoxes({ ...sheet, labels: findings.labels }, findings.detections);
  return saveCanvas(canvas, `${stemOf(findings.file)}.detections.png`);
}

/** Saves the picture with the map laid over it, as `fgdet heatmap` draws it. */
export async function saveHeatmap(
  image: HTMLImageElement,
  layer: HeatmapLayer,
  phrase: string,
  findings: Findings,
): Promise<string> {
  const sheet = sheetOf(image, findings, stripHeight);
  const { canvas, context, width, height } = sheet;
  context.globalCompositeOperation = 'saturation';
  context.fillStyle = 'grey';
  context.fillRect(0, 0, width, height);
  context.globalCompositeOperation = 'source-over';
  context.drawImage(layer.canvas, 0, 0, width, height);
  drawHeatmapStrip({ ...sheet, top: height }, phrase, layer.range);
  return saveCanvas(canvas, `${stemOf(findings.file)}.heatmap.png`);
}

/** Saves a label with its examples, as `fgdet examples` does. */
export function saveExamples(label: string, examples: SavedExamples): void {
  const json = `${JSON.stringify({ ...examples, label })}\n`;
  const name = label.replace(/[^\p{L}\p{N}._-]+/gu, '-');
  save(new Blob([json], { type: 'application/json' }), `${name}.json`);
}

/** A small picture is enlarged by a whole factor, so that writing on it can be read. */
const minSide = 480;

/** @param footer height to leave free below the picture, from the text size. */
function sheetOf(
  image: HTMLImageElement,
  picture: Size,
  footer: (textSize: number) => number = () => 0,
) {
  const scale = Math.max(1, Math.ceil(minSide / Math.max(picture.width, picture.height)));
  const [width, height] = [picture.width * scale, picture.height * scale];
  const textSize = textSizeOn({ width, height });
  const canvas = html('canvas', { width, height: height + footer(textSize) });
  const context = canvas.getContext('2d');
  if (!context) throw new Error('The browser cannot draw a picture of this size.');
  context.imageSmoothingQuality = 'high';
  context.drawImage(image, 0, 0, width, height);
  return { canvas, context, width, height, scale, textSize, font };
}

function font(size: number, weight = 600): string {
  return `${weight} ${size}px "Inter Variable", sans-serif`;
}

async function saveCanvas(canvas: HTMLCanvasElement, name: string): Promise<string> {
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob) throw new Error('The browser cannot save a picture of this size.');
  save(blob, name);
  return name;
}

function save(file: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // The browser reads it after the click.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function stemOf(file: string): string {
  return file.replace(/\.[^.]*$/, '') || 'picture';
}
