import { type Canvas, createCanvas, type SKRSContext2D } from 'canvas';
import type { Random } from '../../src/random.js';
import { articleFor } from '../../src/text/article.js';
import { palette } from './catalogue.js';
import { colourDistance, cssOf, type Rgb, rgbOf } from './colours.js';
import type { Painted } from './painted.js';

/** What lies behind the objects. */
export interface Background {
  /** As a caption names it, with its article: "a pale blue background". */
  description: string;
  draw(width: number, height: number): Canvas;
}

interface Shade {
  name: string;
  rgb: Rgb;
}

const shades: readonly Shade[] = Object.entries(palette.backgrounds).map(([name, hex]) => ({
  name,
  rgb: rgbOf(hex),
}));

/** Objects of less colour distance to the background than this are hard to make out. */
const legibleDistance = 110;

/** A background whose shades differ, if that can be had, from the objects' main colours. */
export function drawBackground(objectColours: readonly Rgb[], random: Random): Background {
  let best = randomBackground(random);
  let bestDistance = distanceTo(best.shades, objectColours);
  for (let i = 0; i < 8 && bestDistance < legibleDistance; i++) {
    const other = randomBackground(random);
    const distance = distanceTo(other.shades, objectColours);
    if (distance > bestDistance) [best, bestDistance] = [other, distance];
  }
  return best;
}

function distanceTo(used: readonly Shade[], colours: readonly Rgb[]): number {
  return Math.min(
    ...used.flatMap((shade) => colours.map((colour) => colourDistance(shade.rgb, colour))),
  );
}

type RandomBackground = Background & { shades: readonly Shade[] };

const kinds = [plain, gradient, grain, blobs, stripes, clutter];

function randomBackground(random: Random): RandomBackground {
  return random.pick(kinds)(random);
}

function randomShade(random: Random): Shade {
  const { name, rgb } = random.pick(shades);
  const shift = () => 16 * (random.uniform() - 0.5);
  return { name, rgb: [rgb[0] + shift(), rgb[1] + shift(), rgb[2] + shift()] };
}

function twoShades(random: Random): [Shade, Shade] {
  const first = randomShade(random);
  let second = randomShade(random);
  while (second.name === first.name) second = randomShade(random);
  return [first, second];
}

/** A shade not far from `shade`: soft, so that what is on it stays legible. */
function variantOf(shade: Shade, amount: number, random: Random): Rgb {
  const shift = amount * (random.uniform() < 0.5 ? -1 : 1) * (0.6 + 0.4 * random.uniform());
  const at = (value: number) => Math.min(255, Math.max(0, value + shift));
  return [at(shade.rgb[0]), at(shade.rgb[1]), at(shade.rgb[2])];
}

function filled(width: number, height: number, rgb: Rgb): [Canvas, SKRSContext2D] {
  const canvas = createCanvas(width, height);
  const context = canvas.getContext('2d');
  context.fillStyle = cssOf(rgb);
  context.fillRect(0, 0, width, height);
  return [canvas, context];
}

function plain(random: Random): RandomBackground {
  const shade = randomShade(random);
  const word = random.pick(['plain ', '']);
  return {
    shades: [shade],
    description: `${articleFor(word || shade.name)} ${word}${shade.name} background`,
    draw: (width, height) => filled(width, height, shade.rgb)[0],
  };
}

function gradient(random: Random): RandomBackground {
  const [from, to] = twoShades(random);
  const angle = 2 * Math.PI * random.uniform();
  return {
    shades: [from, to],
    description: `a background fading from ${from.name} to ${to.name}`,
    draw(width, height) {
      const [canvas, context] = filled(width, height, from.rgb);
      const [x, y] = [(Math.cos(angle) * width) / 2, (Math.sin(angle) * height) / 2];
      const [cx, cy] = [width / 2, height / 2];
      const fill = context.createLinearGradient(cx - x, cy - y, cx + x, cy + y);
      fill.addColorStop(0, cssOf(from.rgb));
      fill.addColorStop(1, cssOf(to.rgb));
      context.fillStyle = fill;
      context.fillRect(0, 0, width, height);
      return canvas;
    },
  };
}

function grain(random: Random): RandomBackground {
  const shade = randomShade(random);
  const strength = 20 + 40 * random.uniform();
  const cell = random.pick([1, 2, 3]);
  const noise = random.fork('grain');
  return {
    shades: [shade],
    description: `a grainy ${shade.name} background`,
    draw(width, height) {
      const [canvas, context] = filled(width, height, shade.rgb);
      const image = context.getImageData(0, 0, width, height);
      const { data } = image;
      const columns = Math.ceil(width / cell);
      const values = Array.from(
        { length: columns * Math.ceil(height / cell) },
        () => strength * (noise.uniform() - 0.5),
      );
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const value = values[Math.floor(y / cell) * columns + Math.floor(x / cell)];
          const i = (y * width + x) * 4;
          for (let c = 0; c < 3; c++) data[i + c] += value;
        }
      }
      context.putImageData(image, 0, 0);
      return canvas;
    },
  };
}

function blobs(random: Random): RandomBackground {
  const [shade, spots] = twoShades(random);
  const places = Array.from({ length: 3 + random.integer(5) }, () => ({
    x: random.uniform(),
    y: random.uniform(),
    radius: 0.15 + 0.3 * random.uniform(),
  }));
  return {
    shades: [shade, spots],
    description: `${articleFor(shade.name)} ${shade.name} background with soft ${spots.name} blobs`,
    draw(width, height) {
      const [canvas, context] = filled(width, height, shade.rgb);
      const side = Math.max(width, height);
      for (const { x, y, radius } of places) {
        const [cx, cy] = [x * width, y * height];
        const fill = context.createRadialGradient(cx, cy, 0, cx, cy, radius * side);
        fill.addColorStop(0, cssOf(spots.rgb, 0.8));
        fill.addColorStop(1, cssOf(spots.rgb, 0));
        context.fillStyle = fill;
        context.fillRect(0, 0, width, height);
      }
      return canvas;
    },
  };
}

function stripes(random: Random): RandomBackground {
  const shade = randomShade(random);
  const other = variantOf(shade, 34, random);
  const angle = random.pick([0, 45, 90, 135]) * (Math.PI / 180);
  const share = 0.08 + 0.12 * random.uniform();
  return {
    shades: [shade],
    description: `${articleFor(shade.name)} ${shade.name} background with broad stripes`,
    draw(width, height) {
      const [canvas, context] = filled(width, height, shade.rgb);
      const reach = Math.hypot(width, height);
      const step = share * reach;
      context.translate(width / 2, height / 2);
      context.rotate(angle);
      context.fillStyle = cssOf(other);
      for (let x = -reach; x < reach; x += 2 * step) context.fillRect(x, -reach, step, 2 * reach);
      return canvas;
    },
  };
}

function clutter(random: Random): RandomBackground {
  const shade = randomShade(random);
  const spots = Array.from({ length: 14 }, () => ({
    rgb: random.uniform() < 0.5 ? variantOf(shade, 45, random) : randomShade(random).rgb,
    alpha: 0.25 + 0.4 * random.uniform(),
    x: random.uniform(),
    y: random.uniform(),
    width: 0.1 + 0.35 * random.uniform(),
    height: 0.1 + 0.35 * random.uniform(),
  }));
  return {
    shades: [shade],
    description: random.pick(['a blurred, cluttered background', 'a blurred background']),
    draw(width, height) {
      // Drawn small and enlarged: the smoothing is the blur.
      const scale = 12 / Math.min(width, height);
      const [w, h] = [Math.ceil(width * scale), Math.ceil(height * scale)];
      const [small, brush] = filled(w, h, shade.rgb);
      for (const spot of spots) {
        brush.fillStyle = cssOf(spot.rgb, spot.alpha);
        brush.fillRect(
          (spot.x - spot.width / 2) * w,
          (spot.y - spot.height / 2) * h,
          spot.width * w,
          spot.height * h,
        );
      }
      const [canvas, context] = filled(width, height, shade.rgb);
      context.imageSmoothingQuality = 'high';
      // The rim of an enlarged picture fades out; it is left outside.
      context.drawImage(small, -width / w, -height / h, width * (1 + 2 / w), height * (1 + 2 / h));
      return canvas;
    },
  };
}

/** A shape that is no object and has no name, up to `side` pixels large. */
export function drawDistractor(side: number, random: Random): Painted {
  const size = Math.max(4, Math.ceil(side * (0.3 + 0.7 * random.uniform())));
  const canvas = createCanvas(size, size);
  const context = canvas.getContext('2d');
  context.translate(size / 2, size / 2);
  context.rotate(2 * Math.PI * random.uniform());
  const shade = randomShade(random);
  context.fillStyle = cssOf(shade.rgb);
  context.strokeStyle = cssOf(shade.rgb);
  context.lineWidth = Math.max(1.5, size * 0.12);
  context.lineCap = 'round';
  random.pick([bar, triangle, ring, arc, scatter])(context, size / 2 - 1, random);
  return { width: size, height: size, data: context.getImageData(0, 0, size, size).data };
}

function bar(context: SKRSContext2D, radius: number, random: Random): void {
  const height = radius * (0.15 + 0.4 * random.uniform());
  context.fillRect(-radius * 0.8, -height, radius * 1.6, 2 * height);
}

function triangle(context: SKRSContext2D, radius: number, random: Random): void {
  context.beginPath();
  for (let i = 0; i < 3; i++) {
    const angle = (2 * Math.PI * (i + 0.5 * random.uniform())) / 3;
    context.lineTo(radius * Math.cos(angle), radius * Math.sin(angle));
  }
  context.fill();
}

function ring(context: SKRSContext2D, radius: number, random: Random): void {
  context.beginPath();
  context.ellipse(0, 0, radius * 0.75, radius * (0.4 + 0.35 * random.uniform()), 0, 0, 2 * Math.PI);
  context.stroke();
}

function arc(context: SKRSContext2D, radius: number, random: Random): void {
  context.beginPath();
  context.arc(0, 0, radius * 0.75, 0, Math.PI * (0.5 + random.uniform()));
  context.stroke();
}

function scatter(context: SKRSContext2D, radius: number, random: Random): void {
  for (let i = 0; i < 6; i++) {
    context.beginPath();
    const place = () => radius * 1.5 * (random.uniform() - 0.5);
    context.arc(place(), place(), radius * 0.14, 0, 2 * Math.PI);
    context.fill();
  }
}
