import type { Random } from '../../src/random.js';
import type { Painted } from './painted.js';

/** A pattern as it falls on one object. */
export interface Pattern {
  /** How much of a pixel the pattern's ink covers, 0..1. */
  coverage(x: number, y: number): number;
  /** How opaque the ink is, 0..1. */
  strength: number;
}

/** A pattern coarse enough to be seen on an object of `extent` pixels, at a random angle and place. */
export function drawPattern(name: string, extent: number, random: Random): Pattern {
  // Stripes all slant alike or stand upright; a checkerboard on its corner would look like diamonds.
  const degrees = name === 'striped' ? random.pick([0, 45, 90, 135]) : 0;
  const angle = ((degrees + 16 * (random.uniform() - 0.5)) * Math.PI) / 180;
  const periods = (name === 'checkered' ? 3.5 : 4.5) + 2 * random.uniform();
  const period = Math.max(6, extent / periods);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [shiftX, shiftY] = [random.uniform() * period, random.uniform() * period];
  return {
    strength: strengths[name],
    coverage(x, y) {
      const u = (x * cos + y * sin + shiftX) / period;
      const v = (y * cos - x * sin + shiftY) / period;
      return inkAt(name, u, v, period);
    },
  };
}

function inkAt(name: string, u: number, v: number, period: number): number {
  if (name === 'striped') return ramp(0.25 - distanceToWhole(u), period);
  if (name === 'checkered') {
    // The product of two square waves, softened at their edges.
    return (
      0.5 +
      2 *
        (ramp(0.25 - distanceToWhole(u), period) - 0.5) *
        (ramp(0.25 - distanceToWhole(v), period) - 0.5)
    );
  }
  // Dots in rows, every other row shifted by half a step.
  const row = Math.round(v);
  const x = distanceToWhole(u + (row % 2 === 0 ? 0 : 0.5));
  return ramp(0.29 - Math.hypot(x, v - row), period);
}

function distanceToWhole(value: number): number {
  return Math.abs(value - Math.round(value));
}

/** 0 to 1 over one pixel around zero; `inside` is a share of the period. */
function ramp(inside: number, period: number): number {
  return Math.min(1, Math.max(0, inside * period + 0.5));
}

const dark = [22, 22, 26];
const light = [250, 250, 248];

/** Share of the ink's colour: the more of the drawing a pattern covers, the more must shine through. */
const strengths: Record<string, number> = { striped: 0.72, spotted: 0.85, checkered: 0.6 };

/** Lays the pattern over a drawing, dark or light, whichever shows better on it. */
export function applyPattern(painted: Painted, pattern: Pattern, colour?: string): void {
  const { width, height, data } = painted;
  const { strength, coverage } = pattern;
  const ink = isLight(data, colour) ? dark : light;
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i += 4) {
      if (data[i + 3] === 0) continue;
      const amount = strength * coverage(x, y);
      for (let c = 0; c < 3; c++) data[i + c] += (ink[c] - data[i + c]) * amount;
    }
  }
}

function isLight(data: Uint8ClampedArray, colour?: string): boolean {
  if (colour === 'white' || colour === 'yellow') return true;
  if (colour === 'black') return false;
  let [sum, weight] = [0, 0];
  for (let i = 0; i < data.length; i += 4) {
    sum += data[i + 3] * (0.299 * data[i] + 0.587 * data[i + 1] + 0.114 * data[i + 2]);
    weight += data[i + 3];
  }
  return sum > 125 * weight;
}
