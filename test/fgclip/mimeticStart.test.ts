import { join } from 'node:path';
import { readFgClipConfig } from '../../src/fgclip/config.js';
import { mimeticStart } from '../../src/fgclip/mimeticStart.js';
import { parameterShapes } from '../../src/fgclip/parameters.js';
import { packageRoot } from '../../src/files/packageRoot.js';
import { createRandom } from '../../src/random.js';

const config = readFgClipConfig(join(packageRoot, 'configs/models/scenes.json'));
const start = mimeticStart(config, createRandom(1));
const { hiddenSize: width, heads, patchSize: side } = config.vision;
const values = (name: string) => start.get(name)!.data as Float32Array;
const layer = 'vision_model.encoder.layers.2.self_attn';

/** Mean of the diagonal, and deviation of the rest, of a [width, width] product: entries summed over k. */
function nearIdentity(term: (i: number, j: number, k: number) => number) {
  const entry = (i: number, j: number) => {
    let sum = 0;
    for (let k = 0; k < width; k++) sum += term(i, j, k);
    return sum;
  };
  let diagonal = 0;
  let rest = 0;
  for (let i = 0; i < width; i++) {
    for (let j = 0; j < width; j++) {
      if (i === j) diagonal += entry(i, j) / width;
      else rest += entry(i, j) ** 2 / (width * (width - 1));
    }
  }
  return { diagonal, rest: Math.sqrt(rest) };
}

test('its tensors are those of the model, and the same for the same seed', () => {
  const shapes = parameterShapes(config);
  for (const [name, { shape }] of start) expect([name, shape]).toEqual([name, shapes.get(name)]);
  const again = mimeticStart(config, createRandom(1));
  const other = mimeticStart(config, createRandom(2));
  const name = `${layer}.v_proj.weight`;
  expect(again.get(name)!.data).toEqual(values(name));
  expect(other.get(name)!.data).not.toEqual(values(name));
});

test('queries and keys compare tokens with themselves, over all heads', () => {
  const [query, key] = ['q_proj', 'k_proj'].map((part) => values(`${layer}.${part}.weight`));
  const { diagonal, rest } = nearIdentity((i, j, k) => query[k * width + i] * key[k * width + j]);
  expect(diagonal).toBeCloseTo(0.7, 1);
  expect(rest).toBeLessThan(0.1 * diagonal * Math.sqrt(heads));
});

test('what attention brings to a patch is near to minus the mean of what it attends to', () => {
  const [value, output] = ['v_proj', 'out_proj'].map((part) => values(`${layer}.${part}.weight`));
  const { diagonal, rest } = nearIdentity(
    (i, j, k) => output[i * width + k] * value[k * width + j],
  );
  expect(diagonal).toBeCloseTo(-0.4, 1);
  expect(rest).toBeLessThan(0.1);
});

test('the patch embedding answers a wave by how rare it is in pictures', () => {
  const embedding = values('vision_model.embeddings.patch_embedding.weight');
  const size = 3 * side * side;
  const response = (wave: (channel: number, row: number, column: number) => number) => {
    let square = 0;
    for (let out = 0; out < width; out++) {
      let sum = 0;
      for (let i = 0; i < size; i++) {
        const [channel, row] = [Math.floor(i / side / side), Math.floor(i / side) % side];
        sum += embedding[out * size + i] * wave(channel, row, i % side);
      }
      square += sum * sum;
    }
    return Math.sqrt(square / width);
  };
  const cosine = (place: number) => Math.SQRT2 * Math.cos((Math.PI * (2 * place + 1) * 3) / 16);
  const grey = response(() => 1);
  expect(response((_, row) => cosine(row)) / grey).toBeCloseTo(4, 0);
  expect(response((_, __, column) => cosine(column)) / grey).toBeCloseTo(4, 0);
  expect(response((channel) => 1 - channel) / grey).toBeGreaterThan(1.5);
});

test('near positions are more alike than far ones', () => {
  const positions = values('vision_model.embeddings.position_embedding.weight');
  const grid = config.vision.imageSize / side;
  const alike = (a: number, b: number) => {
    let sum = 0;
    for (let i = 0; i < width; i++) {
      sum += positions[(1 + a) * width + i] * positions[(1 + b) * width + i];
    }
    return sum;
  };
  const middle = (grid / 2) * grid + grid / 2;
  const along = [0, 1, 2, 4].map((step) => alike(middle, middle + step));
  const down = [0, 1, 2, 4].map((step) => alike(middle, middle + step * grid));
  for (const row of [along, down]) expect([...row].sort((a, b) => b - a)).toEqual(row);
});
