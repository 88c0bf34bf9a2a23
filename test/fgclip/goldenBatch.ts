import { readFgClipConfig } from '../../src/fgclip/config.js';
import type { FgClipBatch } from '../../src/fgclip/objective.js';
import type { Arrays } from '../../src/jit/jit.js';
import { type NdArray, ndarray } from '../../src/jit/ndarray.js';
import { roiWeights } from '../../src/nn/roiWeights.js';
import { goldenFile, goldenTensors } from '../golden.js';
import { choices, hardRows, int32, range, rowOf, type Slot, slots, stack } from '../goldenSlots.js';
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
  const hardTexts = hardRows(input(`${name}.hard_nums`), perImage, first, end).flatMap((rows) =>
    rows.length > 0
      ? addTexts(input(`${name}.hard_texts`), rows)
      : new Array<number>(choices).fill(0),
  );

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
