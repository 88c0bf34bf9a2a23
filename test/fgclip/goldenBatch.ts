import { readFgClipConfig } from '../../src/fgclip/config.js';
import type { FgClipBatch } from '../../src/fgclip/objective.js';
import type { Arrays } from '../../src/jit/jit.js';
import { type NdArray, ndarray } from '../../src/jit/ndarray.js';
import { roiWeights } from '../../src/nn/roiWeights.js';
import { goldenFile, goldenTensors } from '../golden.js';
import { textEnds } from './textEnds.js';

export const config = readFgClipConfig(goldenFile('fgclip-tiny', 'config.json'));

const input = goldenTensors('fgclip-tiny-train', 'inputs.safetensors');

/**
 * A batch of the training goldens, which lie as the reference's collator makes them, as a training batch.
 * @param images the images of this process; default all.
 */
export function goldenBatch(
  name: string,
  images?: readonly [first: number, end: number],
): Arrays<FgClipBatch> {
  const all = input(`${name}.image`).shape[0];
  const [first, end] = images ?? [0, all];
  const perImage = input(`${name}.box_infos`).shape[0] / all;
  const choices = 11;

  const short: Int32Array[] = [];
  const addTexts = (tensor: NdArray, rows: readonly number[]): number[] =>
    rows.map((row) => short.push(rowOf(tensor, row) as Int32Array) - 1);

  const imageRows = range(first, end);
  const captionText = addTexts(input(`${name}.text_short`), imageRows);

  const boxes = slots(input(`${name}.box_nums`), perImage, first, end);
  const boxText = addTexts(
    input(`${name}.box_texts`),
    boxes.map(({ row }) => row),
  );

  const hard = slots(input(`${name}.hard_nums`), perImage, first, end);
  // Texts lie there for used rows only; the others' slots hold the first text.
  let texts = choices * slots(input(`${name}.hard_nums`), perImage, 0, first).filter(isUsed).length;
  const hardTexts = hard.flatMap((slot) => {
    if (!slot.used) return new Array<number>(choices).fill(0);
    texts += choices;
    return addTexts(input(`${name}.hard_texts`), range(texts - choices, texts));
  });

  const shortIds = stack(short);
  const longIds = stack(
    imageRows.map((row) => rowOf(input(`${name}.text_long`), row) as Int32Array),
  );
  const pixels = input(`${name}.image`);
  const pixelCount = pixels.size / all;
  return {
    pixels: ndarray(pixels.data.slice(first * pixelCount, end * pixelCount), [
      end - first,
      ...pixels.shape.slice(1),
    ]),
    longIds,
    longEnd: int32(textEnds(longIds, config.text.eosId)),
    shortIds,
    shortEnd: int32(textEnds(shortIds, config.text.eosId)),
    captionText: int32(captionText),
    regions: { ...pooling(input(`${name}.box_infos`), boxes), text: int32(boxText) },
    hard: {
      ...pooling(input(`${name}.hard_infos`), hard),
      texts: ndarray(Int32Array.from(hardTexts), [hard.length, choices]),
    },
  } as Arrays<FgClipBatch>;
}

/** Two pictures of the main batch with their texts, which are cut behind the last end. */
export function smallBatch(images: [first: number, end: number] = [0, 2]): Arrays<FgClipBatch> {
  const batch = goldenBatch('main', images);
  const cut = (ids: NdArray, ends: NdArray) => {
    const [texts, tokens] = ids.shape;
    const length = Math.max(...ends.data) + 1;
    const rows = Array.from({ length: texts }, (_, text) =>
      Array.from(ids.data.subarray(text * tokens, text * tokens + length)),
    );
    return ndarray(Int32Array.from(rows.flat()), [texts, length]);
  };
  return {
    ...batch,
    shortIds: cut(batch.shortIds, batch.shortEnd),
    longIds: cut(batch.longIds, batch.longEnd),
  };
}

interface Slot {
  row: number;
  image: number;
  used: boolean;
}

/** The rows of a table with `perImage` rows for each image, of which the first ones are used. */
function slots(counts: NdArray, perImage: number, first: number, end: number): Slot[] {
  return range(first, end).flatMap((image) =>
    range(0, perImage).map((i) => ({
      row: image * perImage + i,
      image: image - first,
      used: i < counts.data[image],
    })),
  );
}

function isUsed({ used }: Slot): boolean {
  return used;
}

function pooling(infos: NdArray, all: readonly Slot[]) {
  const side = config.vision.imageSize / config.vision.patchSize;
  const boxes = Float32Array.from(
    all.flatMap(({ row }) => Array.from(rowOf(infos, row))),
    (corner) => Math.fround(corner * side),
  );
  const { rowWeights, columnWeights } = roiWeights(boxes, side, side);
  return {
    image: int32(all.map(({ image }) => image)),
    rowWeights: ndarray(rowWeights, [all.length, side]),
    columnWeights: ndarray(columnWeights, [all.length, side]),
    valid: ndarray(
      Float32Array.from(all, ({ used }) => (used ? 1 : 0)),
      [all.length],
    ),
  };
}

function range(first: number, end: number): number[] {
  return Array.from({ length: end - first }, (_, i) => first + i);
}

function rowOf(tensor: NdArray, row: number) {
  const width = tensor.size / tensor.shape[0];
  return tensor.data.subarray(row * width, (row + 1) * width);
}

function stack(rows: readonly Int32Array[]): NdArray {
  const data = new Int32Array(rows.length * rows[0].length);
  rows.forEach((row, i) => {
    data.set(row, i * row.length);
  });
  return ndarray(data, [rows.length, rows[0].length]);
}

function int32(values: ArrayLike<number>): NdArray {
  return ndarray(Int32Array.from(values), [values.length]);
}
