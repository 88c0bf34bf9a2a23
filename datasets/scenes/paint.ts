import { type Canvas, createCanvas } from 'canvas';
import type { Random } from '../../src/random.js';
import type { Attributes } from './attributes.js';
import { palette, type Thing } from './catalogue.js';
import { type Rgb, rgbOf } from './colours.js';
import type { Painted } from './painted.js';
import { applyPattern, drawPattern } from './pattern.js';
import { sprite } from './sprites.js';

/** Everything about how one object is drawn; drawing it twice gives the same pixels. */
export interface ObjectLook {
  thing: Thing;
  style: string;
  attributes: Attributes;
  /** Larger side of the drawing in pixels, outline not counted. */
  extent: number;
  /** Decides what no attribute names: mirroring, a little tilt, lighting, where stripes fall. */
  random: Random;
}

/** Tilt in degrees of each named orientation, clockwise. */
const tilts: Record<string, number> = {
  'upside down': 180,
  'on its side': 90,
  'tilted left': -40,
  'tilted right': 40,
};

/** Draws an object on a transparent ground as small as holds it. */
export async function paintObject(look: ObjectLook): Promise<Painted> {
  const { attributes, extent } = look;
  const random = look.random.fork('paint');
  const outline = attributes.outline === undefined ? 0 : Math.max(1.6, extent * 0.055);
  const canvas = await drawSprite(look, outline, random);
  const context = canvas.getContext('2d');
  const { width, height } = canvas;
  const image = context.getImageData(0, 0, width, height);
  // Read once: the property of the canvas's own object is slow.
  const painted: Painted = { width, height, data: image.data };
  if (attributes.colour === undefined) varyColour(painted.data, random);
  else tint(painted.data, palette.colours[attributes.colour].map(rgbOf));
  light(painted, random);
  if (attributes.pattern !== undefined) {
    applyPattern(painted, drawPattern(attributes.pattern, extent, random), attributes.colour);
  }
  if (outline === 0) return painted;
  context.putImageData(image, 0, 0);
  return addOutline(canvas, outline, palette.outlines[attributes.outline!]);
}

async function drawSprite(look: ObjectLook, border: number, random: Random): Promise<Canvas> {
  const { thing, style, attributes, extent } = look;
  const drawing = await sprite(style, thing, extent);
  const side = attributes.orientation === 'on its side' && random.uniform() < 0.5 ? -1 : 1;
  const tilt = side * (tilts[attributes.orientation ?? ''] ?? 0) + 10 * (2 * random.uniform() - 1);
  const angle = (tilt * Math.PI) / 180;
  const mirror = random.uniform() < 0.5 ? -1 : 1;
  const stretch = 0.9 + 0.2 * random.uniform();
  const [width, height] = [drawing.width * stretch, drawing.height / stretch];
  const [cos, sin] = [Math.abs(Math.cos(angle)), Math.abs(Math.sin(angle))];
  const bounds = [width * cos + height * sin, width * sin + height * cos];
  const scale = extent / Math.max(...bounds);
  const canvas = createCanvas(
    Math.ceil(bounds[0] * scale + 2 * border) + 2,
    Math.ceil(bounds[1] * scale + 2 * border) + 2,
  );
  const context = canvas.getContext('2d');
  context.imageSmoothingQuality = 'high';
  context.translate(canvas.width / 2, canvas.height / 2);
  context.rotate(angle);
  context.scale(mirror * scale * stretch, scale / stretch);
  const { left, top } = drawing;
  const [w, h] = [drawing.width, drawing.height];
  context.drawImage(drawing.canvas, left, top, w, h, -w / 2, -h / 2, w, h);
  return canvas;
}

/** Lightness of a colour in 0..1. */
function lightness(r: number, g: number, b: number): number {
  return (0.299 * r + 0.587 * g + 0.114 * b) / 255;
}

/**
 * Recolours a drawing: its middle tone takes the middle shade (so that white and black drawings take the
 * tint too), and the others keep their order between the dark and the light shade.
 */
function tint(data: Uint8ClampedArray, shades: readonly Rgb[]): void {
  const { low, middle, high } = toneRange(data);
  const below = Math.max(0.2, middle - low);
  const above = Math.max(0.2, high - middle);
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] === 0) continue;
    const tone = lightness(data[i], data[i + 1], data[i + 2]) - middle;
    const other = tone < 0 ? shades[0] : shades[2];
    // The middle shade is what the name means: most tones stay near it.
    const amount = Math.min(1, Math.abs(tone) / (tone < 0 ? below : above)) ** 1.4;
    for (let c = 0; c < 3; c++) data[i + c] = shades[1][c] + (other[c] - shades[1][c]) * amount;
  }
}

/** The median tone of a drawing, and those that all but its darkest and lightest twentieth lie between. */
function toneRange(data: Uint8ClampedArray): { low: number; middle: number; high: number } {
  const counts = new Uint32Array(64);
  let total = 0;
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] < 128) continue;
    counts[Math.floor(lightness(data[i], data[i + 1], data[i + 2]) * 63)]++;
    total++;
  }
  const at = (share: number) => {
    let bin = 0;
    for (let seen = counts[0]; seen <= share * total && bin < 63; seen += counts[bin]) bin++;
    return bin / 63;
  };
  return { low: at(0.05), middle: at(0.5), high: at(0.95) };
}

/** Small unnamed changes of saturation, contrast and brightness: drawings in the wild differ in these. */
function varyColour(data: Uint8ClampedArray, random: Random): void {
  const saturation = 0.8 + 0.35 * random.uniform();
  const contrast = 0.88 + 0.24 * random.uniform();
  const shift = 24 * (random.uniform() - 0.5);
  for (let i = 0; i < data.length; i += 4) {
    const grey = 255 * lightness(data[i], data[i + 1], data[i + 2]);
    for (let c = 0; c < 3; c++) {
      const value = grey + (data[i + c] - grey) * saturation;
      data[i + c] = 128 + (value - 128) * contrast + shift;
    }
  }
}

/** Light from one side: at most an eighth brighter there and darker on the other. */
function light({ width, height, data }: Painted, random: Random): void {
  const angle = 2 * Math.PI * random.uniform();
  const strength = 0.25 * random.uniform();
  const [dx, dy] = [(strength * Math.cos(angle)) / width, (strength * Math.sin(angle)) / height];
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i += 4) {
      if (data[i + 3] === 0) continue;
      const gain = 1 + (x - width / 2) * dx + (y - height / 2) * dy;
      data[i] *= gain;
      data[i + 1] *= gain;
      data[i + 2] *= gain;
    }
  }
}

function addOutline(drawing: Canvas, thickness: number, colour: string): Painted {
  const { width, height } = drawing;
  const canvas = createCanvas(width, height);
  const context = canvas.getContext('2d');
  const directions = 16;
  for (let i = 0; i < directions; i++) {
    const angle = (2 * Math.PI * i) / directions;
    context.drawImage(drawing, Math.cos(angle) * thickness, Math.sin(angle) * thickness);
  }
  context.globalCompositeOperation = 'source-in';
  context.fillStyle = colour;
  context.fillRect(0, 0, width, height);
  context.globalCompositeOperation = 'source-over';
  context.drawImage(drawing, 0, 0);
  return { width, height, data: context.getImageData(0, 0, width, height).data };
}
