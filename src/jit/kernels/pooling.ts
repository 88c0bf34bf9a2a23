import type { Graph, Value } from '../graph.js';
import { sizeOf } from '../ndarray.js';
import { defineKernel } from './define.js';
import { type SideMatrix, separable, sideMatrix } from './separable.js';
import { pad, slice } from './shape.js';
import {
  channelsFirst,
  channelsLast,
  range,
  type Windows,
  windowAttributes,
  windowsOf,
} from './windows.js';

function poolWindows(x: Value, attributes: Record<string, unknown>): Windows {
  return windowsOf(x.shape, attributes.filterSize as number | number[], attributes);
}

for (const [name, opType] of [
  ['MaxPool', 'MaxPool'],
  ['AvgPool', 'AveragePool'],
]) {
  defineKernel(name, ({ graph, inputs: { x }, attributes }) => {
    const windows = poolWindows(x, attributes);
    const { dilations, ...form } = windowAttributes(windows);
    const numbers = channelsFirst(graph, graph.cast(x, 'float32'));
    const shape = [windows.batch, x.shape[3], windows.rows.windows, windows.columns.windows];
    const y = graph.node(opType, [numbers], shape, 'float32', form);
    return graph.cast(channelsLast(graph, y), x.dtype);
  });
}

/** The gradient goes to the largest value of each window, the first of several. */
defineKernel('MaxPoolGrad', ({ graph, inputs: { dy, input }, attributes }) => {
  const windows = poolWindows(input, attributes);
  if (tiles(windows)) return maxGradientOfTiles(graph, dy, input, windows);
  if (graph.target === 'webgpu') {
    throw new Error('the gradient of a maximum over overlapping windows has no form on webgpu.');
  }
  const { dilations, ...form } = windowAttributes(windows);
  const values = channelsFirst(graph, input);
  const gradients = channelsFirst(graph, dy);
  const [, places] = graph.nodeWithOutputs(
    'MaxPool',
    [values],
    [
      { shape: gradients.shape, dtype: 'float32' },
      { shape: gradients.shape, dtype: 'int64' },
    ],
    form,
  );
  const flat = (value: Value) => graph.reshape(value, [sizeOf(value.shape)]);
  const size = [sizeOf(input.shape)];
  const sums = graph.node(
    'ScatterElements',
    [graph.fill(0, size, 'float32'), flat(places), flat(gradients)],
    size,
    'float32',
    { axis: 0, reduction: 'add' },
  );
  return channelsLast(graph, graph.reshape(sums, values.shape));
});

/** Whether the windows lie side by side, inside of the picture. */
function tiles({ rows, columns }: Windows): boolean {
  return [rows, columns].every(
    ({ kernel, stride, before, after }) => kernel === stride && before === 0 && after <= 0,
  );
}

function maxGradientOfTiles(
  graph: Graph,
  dy: Value,
  x: Value,
  { batch, rows, columns }: Windows,
): Value {
  const channels = x.shape[3];
  const [down, across] = [rows.windows, columns.windows];
  const covered = [batch, down * rows.kernel, across * columns.kernel, channels];
  const count = batch * down * across;
  const places = rows.kernel * columns.kernel;
  const order = [0, 1, 3, 2, 4, 5];
  const grid = graph.reshape(slice(graph, x, [0, 0, 0, 0], covered), [
    batch,
    down,
    rows.kernel,
    across,
    columns.kernel,
    channels,
  ]);
  const inTiles = graph.reshape(graph.transpose(grid, order), [count, places, channels]);
  const largest = graph.node('ArgMax', [inTiles], [count, 1, channels], 'int64', {
    axis: 1,
    keepdims: 1,
  });
  const shape = inTiles.shape;
  const numbered = graph.constant(range(places), [places, 1], 'int32');
  const chosen = graph.node('Equal', [graph.cast(largest, 'int32'), numbered], shape, 'bool');
  const gradients = graph.reshape(dy, [count, 1, channels]);
  const spread = graph.node('Where', [chosen, gradients, graph.scalar(0)], shape, 'float32');
  const tiled = graph.reshape(spread, [batch, down, across, rows.kernel, columns.kernel, channels]);
  const back = graph.reshape(graph.transpose(tiled, order), covered);
  return pad(graph, back, [
    [0, 0],
    [0, -rows.after],
    [0, -columns.after],
    [0, 0],
  ]);
}

/** The mean over a window is the mean over rows of the means over columns. */
defineKernel('AvgPoolGrad', ({ graph, inputs: { dy, input }, attributes }) => {
  const { rows, columns } = poolWindows(input, attributes);
  return separable(graph, dy, sharesOf(rows), sharesOf(columns));
});

/** What each place of a side has of each window's mean; places outside of the picture do not count. */
function sharesOf({ length, windows, kernel, stride, before }: Windows['rows']): SideMatrix {
  const shares = sideMatrix(length, windows);
  for (let window = 0; window < windows; window++) {
    const inside = range(kernel)
      .map((place) => window * stride - before + place)
      .filter((place) => place >= 0 && place < length);
    for (const place of inside) shares.values[place * windows + window] = 1 / inside.length;
  }
  return shares;
}
