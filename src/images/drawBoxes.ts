import type { DrawingContext } from './drawingContext.js';
import { fitText } from './fitText.js';
import { css, labelColours, type Rgb, textColourOn } from './labelColours.js';
import { placeLabels, type Rect } from './placeLabels.js';
import { smallestText } from './textSize.js';

/** What was found, in pixels of the picture. */
export interface DrawnDetection {
  label: string;
  /** 0..1; none is shown where it is missing. */
  score?: number;
  box: { xmin: number; ymin: number; xmax: number; ymax: number };
  /** Default: that of the label. */
  colour?: Rgb;
}

interface Chip {
  rect: Rect;
  label: string;
  score: string;
  colour: Rgb;
}

/** What the boxes are drawn on; a canvas of Node and one of a browser are alike here. */
export interface Sheet {
  context: DrawingContext;
  /** Of the picture on the canvas, in canvas pixels. */
  width: number;
  height: number;
  /** Canvas pixels per pixel of the picture. */
  scale: number;
  /** The size of normal text in canvas pixels. */
  textSize: number;
  /** The CSS font of a size. */
  font(size: number): string;
  /** All labels that may occur; a label's place here decides its colour. */
  labels?: readonly string[];
}

/**
 * A frame around each detection and its label and score beside it. Frames are clipped to the picture;
 * those that lie outside it are left out.
 */
export function drawBoxes(sheet: Sheet, detections: readonly DrawnDetection[]): void {
  const { context, width, height, scale, font } = sheet;
  const colours = labelColours(
    detections.map(({ label }) => label),
    sheet.labels,
  );
  const found = [...detections]
    .sort((a, b) => (b.score ?? 0) - (a.score ?? 0))
    .map((detection) => ({
      ...detection,
      colour: detection.colour ?? (colours.get(detection.label) as Rgb),
      frame: toFrame(detection.box, scale, { width, height }),
    }))
    .filter(({ frame }) => frame.width > 0 && frame.height > 0);

  const textSize = crowdedSize(sheet.textSize, found.length);
  const line = Math.max(1.5, textSize / 7);
  // The most certain one is drawn last, on top.
  for (const { frame, colour } of [...found].reverse()) drawFrame(context, frame, colour, line);

  const style = chipStyle(textSize);
  context.font = font(textSize);
  context.textBaseline = 'alphabetic';
  const texts = found.map(({ label, score }) => chipText(context, label, score, width, style));
  const places = placeLabels(
    found.map(({ frame }, i) => ({
      box: outerEdge(frame, line / 2, { width, height }),
      width: Math.min(width, texts[i].width),
      height: style.height,
    })),
    { width, height },
  );
  const chips = found.map(({ colour }, i) => ({ ...texts[i], rect: places[i], colour }));
  for (const chip of chips.reverse()) drawChip(context, chip, style);
}

/** Where much was found, its labels are somewhat smaller. */
function crowdedSize(textSize: number, labels: number): number {
  const share = Math.max(0.7, Math.min(1, Math.sqrt(16 / labels)));
  return Math.max(smallestText, Math.round(textSize * share));
}

interface Size {
  width: number;
  height: number;
}

/** The part of a box that lies in the picture, in canvas pixels. */
function toFrame(
  { xmin, ymin, xmax, ymax }: DrawnDetection['box'],
  scale: number,
  picture: Size,
): Rect {
  return between(xmin * scale, ymin * scale, xmax * scale, ymax * scale, picture);
}

/** Where a frame's line ends, which is where its chip begins. */
function outerEdge({ x, y, width, height }: Rect, line: number, picture: Size): Rect {
  return between(x - line, y - line, x + width + line, y + height + line, picture);
}

function between(left: number, top: number, right: number, bottom: number, picture: Size): Rect {
  const within = (value: number, most: number) => Math.max(0, Math.min(value, most));
  const x = within(left, picture.width);
  const y = within(top, picture.height);
  return {
    x,
    y,
    width: within(right, picture.width) - x,
    height: within(bottom, picture.height) - y,
  };
}

/** A tinted box with a line in the label's colour, edged dark so that it shows on any ground. */
function drawFrame(context: DrawingContext, frame: Rect, colour: Rgb, line: number): void {
  context.beginPath();
  context.roundRect(frame.x, frame.y, frame.width, frame.height, line);
  context.fillStyle = css(colour, 0.06);
  context.fill();
  context.strokeStyle = 'rgba(0, 0, 0, 0.45)';
  context.lineWidth = line * 1.8;
  context.stroke();
  context.strokeStyle = css(colour);
  context.lineWidth = line;
  context.stroke();
}

interface ChipStyle {
  textSize: number;
  height: number;
  /** Left and right of the text. */
  padding: number;
  /** Between label and score. */
  gap: number;
}

function chipStyle(textSize: number): ChipStyle {
  return {
    textSize,
    height: Math.round(textSize * 1.5),
    padding: textSize * 0.4,
    gap: textSize * 0.4,
  };
}

function chipText(
  context: DrawingContext,
  label: string,
  score: number | undefined,
  pictureWidth: number,
  { padding, gap }: ChipStyle,
): { label: string; score: string; width: number } {
  const number = score?.toFixed(2) ?? '';
  const taken = number === '' ? 0 : context.measureText(number).width + gap;
  const rest = taken + 2 * padding;
  const fitted = fitText(context, label, Math.max(0, pictureWidth * 0.75 - rest));
  return {
    label: fitted,
    score: number,
    width: Math.ceil(context.measureText(fitted).width + rest),
  };
}

function drawChip(context: DrawingContext, { rect, label, score, colour }: Chip, style: ChipStyle) {
  context.beginPath();
  context.roundRect(rect.x, rect.y, rect.width, rect.height, style.textSize * 0.2);
  context.fillStyle = css(colour);
  context.fill();
  context.fillStyle = textColourOn(colour);
  const baseline = rect.y + rect.height / 2 + style.textSize * 0.36;
  context.textAlign = 'left';
  context.fillText(label, rect.x + style.padding, baseline);
  context.textAlign = 'right';
  context.globalAlpha = 0.75;
  context.fillText(score, rect.x + rect.width - style.padding, baseline);
  context.globalAlpha = 1;
}
