import { UserError } from '../../../src/errors.js';
import type { Xyxy } from '../../../src/geometry/boxes.js';
import { fromFloat16 } from '../../../src/jit/halfPrecision.js';
import type { RegionProposal } from '../source.js';
import type { ModelType } from './modelTypes.js';
import type { HubTensor } from './transformers.js';

/** What a detector says of a picture. */
export interface HubOutput {
  /** [1, queries, classes] */
  logits: HubTensor;
  /** [1, queries, 4]: the middle, the width and the height of each box, in shares of the picture. */
  pred_boxes: HubTensor;
}

/** A class by its number, or by the columns of its logits: of a text, those of its tokens. */
export type Classes =
  | {
      /** What the best class is called. */
      nameOf(column: number): number | string | undefined;
    }
  | readonly {
      name: string;
      /** Columns `first` to `end`, exclusive. */
      first: number;
      end: number;
    }[];

/**
 * A box for each query. Its quality is the probability that there is an object: 1 less that of "no object" of a softmax,
 * or the largest sigmoid; its category is the likeliest class.
 * @returns boxes in shares of the picture as the model was given it.
 * @throws UserError where the tensors are not those of a detector.
 */
export function readOutput(
  { logits, pred_boxes: boxes }: HubOutput,
  { scores }: ModelType,
  classes: Classes,
): RegionProposal[] {
  const [, queries, width] = logits?.dims ?? [];
  const isDetector =
    logits?.dims.length === 3 && String(boxes?.dims) === String([1, queries, 4]) && width > 0;
  if (!isDetector) {
    throw new UserError(
      `its logits are [${logits?.dims}] and its pred_boxes [${boxes?.dims}], not [1, queries, classes] and [1, queries, 4]`,
    );
  }
  const [values, sides] = [floats(logits), floats(boxes)];
  return Array.from({ length: queries }, (_, query) => {
    const row = values.subarray(query * width, (query + 1) * width);
    const real = scores === 'softmax' ? row.subarray(0, -1) : row;
    return {
      box: corners(sides.subarray(4 * query, 4 * query + 4)),
      quality: scores === 'softmax' ? 1 - softmaxOfLast(row) : sigmoid(row[largest(row)]),
      category: categoryOf(real, classes),
    };
  });
}

function categoryOf(row: Float32Array, classes: Classes): number | string | undefined {
  if ('nameOf' in classes) return classes.nameOf(largest(row));
  const best = classes.map(({ first, end }) => Math.max(...row.subarray(first, end)));
  return classes[largest(best)]?.name;
}

function corners([x, y, width, height]: Float32Array): Xyxy {
  return [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
}

function largest(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}

function softmaxOfLast(row: Float32Array): number {
  const most = row[largest(row)];
  const sum = row.reduce((total, value) => total + Math.exp(value - most), 0);
  return Math.exp(row[row.length - 1] - most) / sum;
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}

/** The values of a tensor; models in float16 may answer in it. */
function floats({ type, data }: HubTensor): Float32Array {
  if (type === 'float16' && data instanceof Uint16Array) return fromFloat16(data);
  return Float32Array.from(data as ArrayLike<number>);
}
