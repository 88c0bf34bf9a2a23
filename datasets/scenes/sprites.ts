import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Canvas, createCanvas } from 'canvas';
import sharp from 'sharp';
import { UserError } from '../../src/errors.js';
import { type Style, styles, type Thing, things } from './catalogue.js';

/** A drawing with the part of it that is not empty. */
export interface Sprite {
  canvas: Canvas;
  left: number;
  top: number;
  width: number;
  height: number;
}

interface Icon {
  body: string;
  left?: number;
  top?: number;
  width?: number;
  height?: number;
}

/** An icon set in Iconify's JSON. */
interface IconSet {
  icons: Record<string, Icon>;
  aliases?: Record<string, { parent: string }>;
  left?: number;
  top?: number;
  width?: number;
  height?: number;
}

const require = createRequire(import.meta.url);
const drawings = new Map<string, ReadonlyMap<string, string>>();
const sprites = new Map<string, Promise<Sprite>>();

/** Things that `style` has a drawing of. */
export function thingsOf(style: string): readonly Thing[] {
  const known = drawingsOf(style);
  return things.filter((thing) => known.has(thing.name));
}

/** Version of the npm package that holds the style's drawings. */
export function packageVersion(style: Style): string {
  return (JSON.parse(readPackageFile(style, 'package.json')) as { version: string }).version;
}

/**
 * The drawing of a thing in a style, rasterised once with at least `extent` pixels on its larger side
 * and kept.
 */
export function sprite(style: string, thing: Thing, extent: number): Promise<Sprite> {
  // The drawing does not fill its frame, so the frame is larger than asked for.
  const side = 2 ** Math.max(5, Math.ceil(Math.log2(extent * 1.2)));
  const key = `${style}/${thing.name}/${side}`;
  let known = sprites.get(key);
  if (!known) {
    known = rasterise(drawingsOf(style).get(thing.name)!, side);
    sprites.set(key, known);
  }
  return known;
}

function drawingsOf(name: string): ReadonlyMap<string, string> {
  let known = drawings.get(name);
  if (!known) {
    known = readDrawings(styles.find((style) => style.name === name)!);
    drawings.set(name, known);
  }
  return known;
}

/** The SVG of each thing in a set. The rest of the set is not kept: some have 25 MB. */
function readDrawings(style: Style): ReadonlyMap<string, string> {
  const set = JSON.parse(readPackageFile(style, 'icons.json')) as IconSet;
  const found = new Map<string, string>();
  for (const thing of things) {
    const icon = findIcon(set, thing.icon);
    if (!icon || thing.except.includes(style.name)) continue;
    const { left = set.left ?? 0, top = set.top ?? 0 } = icon;
    const { width = set.width ?? 16, height = set.height ?? 16 } = icon;
    found.set(
      thing.name,
      `viewBox="${left} ${top} ${width} ${height}" xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">${icon.body}</svg>`,
    );
  }
  return found;
}

/** Some sets number the variants of a drawing, some leave the hyphens out. */
function findIcon(set: IconSet, name: string): Icon | undefined {
  for (const candidate of [name, `${name}-1`, name.replaceAll('-', '')]) {
    let resolved = candidate;
    while (!set.icons[resolved] && set.aliases?.[resolved]) resolved = set.aliases[resolved].parent;
    if (set.icons[resolved]) return set.icons[resolved];
  }
  return undefined;
}

function readPackageFile(style: Style, file: string): string {
  const name = `${style.package}/${file}`;
  try {
    return readFileSync(require.resolve(name), 'utf8');
  } catch {
    throw new UserError(
      `Cannot read ${name}, the drawings of the style "${style.name}". Install them with: npm install ${style.package}`,
    );
  }
}

async function rasterise(svg: string, side: number): Promise<Sprite> {
  const { data } = await sharp(Buffer.from(`<svg width="${side}" height="${side}" ${svg}`))
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const canvas = createCanvas(side, side);
  const context = canvas.getContext('2d');
  const image = context.createImageData(side, side);
  image.data.set(data);
  context.putImageData(image, 0, 0);
  return { canvas, ...extentOf(data, side) };
}

function extentOf(rgba: Uint8Array, side: number): Omit<Sprite, 'canvas'> {
  let [left, top, right, bottom] = [side, side, 0, 0];
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      if (rgba[(y * side + x) * 4 + 3] < 32) continue;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y + 1);
    }
  }
  return { left, top, width: right - left, height: bottom - top };
}
