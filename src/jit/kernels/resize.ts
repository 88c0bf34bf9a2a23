import type { Graph, Value } from '../graph.js';
import { defineKernel } from './define.js';
import { type SideMatrix, separable, sideMatrix, transposed } from './separable.js';

interface Rule {
  alignCorners: boolean;
  halfPixelCenters: boolean;
}

type Side = (from: number, to: number, rule: Rule) => SideMatrix;

/** How far apart in the old picture the places of the new one lie. */
function stepOf(from: number, to: number, { alignCorners }: Rule): number {
  return alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to;
}

const bilinear: Side = (from, to, rule) => {
  const matrix = sideMatrix(to, from);
  const step = stepOf(from, to, rule);
  for (let row = 0; row < to; row++) {
    const place = rule.halfPixelCenters ? (row + 0.5) * step - 0.5 : row * step;
    const inside = Math.min(Math.max(place, 0), from - 1);
    const first = Math.floor(inside);
    matrix.values[row * from + first] += 1 - (inside - first);
    if (inside > first) matrix.values[row * from + first + 1] += inside - first;
  }
  return matrix;
};

const nearest: Side = (from, to, rule) => {
  const matrix = sideMatrix(to, from);
  const step = stepOf(from, to, rule);
  for (let row = 0; row < to; row++) {
    const place = step * (rule.halfPixelCenters ? row + 0.5 : row);
    const rounded = rule.alignCorners ? Math.round(place) : Math.floor(place);
    matrix.values[row * from + Math.min(rounded, from - 1)] = 1;
  }
  return matrix;
};

function ruleOf(attributes: Record<string, unknown>): Rule {
  const { alignCorners, halfPixelCenters } = attributes;
  return { alignCorners: Boolean(alignCorners), halfPixelCenters: Boolean(halfPixelCenters) };
}

/** How often each place is repeated per axis when a picture grows by whole numbers to the nearest neighbour. */
function repeats(
  from: readonly number[],
  to: readonly number[],
  { alignCorners }: Rule,
): [rows: number, columns: number] | undefined {
  const [rows, columns] = [to[0] / from[0], to[1] / from[1]];
  const whole = Number.isInteger(rows) && Number.isInteger(columns) && !alignCorners;
  return whole ? [rows, columns] : undefined;
}

function resize(graph: Graph, images: Value, attributes: Record<string, unknown>, side: Side) {
  const [, height, width] = images.shape;
  const [newHeight, newWidth] = attributes.size as number[];
  const rule = ruleOf(attributes);
  const x = graph.cast(images, 'float32');
  return separable(graph, x, side(height, newHeight, rule), side(width, newWidth, rule));
}

function gradient(
  graph: Graph,
  { dy, images }: Record<string, Value>,
  attributes: Record<string, unknown>,
  side: Side,
): Value {
  const [, height, width] = images.shape;
  const [, newHeight, newWidth] = dy.shape;
  const rule = ruleOf(attributes);
  const rows = transposed(side(height, newHeight, rule));
  const columns = transposed(side(width, newWidth, rule));
  return separable(graph, dy, rows, columns);
}

defineKernel('ResizeBilinear', ({ graph, inputs: { images }, attributes }) =>
  resize(graph, images, attributes, bilinear),
);

defineKernel('ResizeBilinearGrad', ({ graph, inputs, attributes }) =>
  gradient(graph, inputs, attributes, bilinear),
);

defineKernel('ResizeNearestNeighbor', ({ graph, inputs: { images }, attributes }) => {
  const [batch, height, width, channels] = images.shape;
  const size = attributes.size as number[];
  const times = repeats([height, width], size, ruleOf(attributes));
  if (!times) return graph.cast(resize(graph, images, attributes, nearest), images.dtype);
  const [down, across] = times;
  const single = graph.reshape(images, [batch, height, 1, width, 1, channels]);
  const shape = [batch, height, down, width, across, channels];
  const repeated = graph.node('Expand', [single, graph.int64s(shape)], shape, images.dtype);
  return graph.reshape(repeated, [batch, ...size, channels]);
});

defineKernel('ResizeNearestNeighborGrad', ({ graph, inputs, attributes }) => {
  const { dy, images } = inputs;
  const [batch, height, width, channels] = images.shape;
  const times = repeats([height, width], dy.shape.slice(1, 3), ruleOf(attributes));
  if (!times) return gradient(graph, inputs, attributes, nearest);
  const [down, across] = times;
  /** Sums over the middle one of three axes, for which onnxruntime has a fast way. */
  const sum = (x: Value, [outer, middle, inner]: number[]) =>
    graph.node(
      'ReduceSum',
      [graph.reshape(x, [outer, middle, inner]), graph.int64s([1])],
      [outer, inner],
      'float32',
      { keepdims: 0 },
    );
  const rows = sum(dy, [batch * height, down, width * across * channels]);
  return graph.reshape(sum(rows, [batch * height * width, across, channels]), images.shape);
});
