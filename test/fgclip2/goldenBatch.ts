import type { FgClip2Batch } from '../../src/fgclip2/objective.js';
import type { Arrays } from '../../src/jit/jit.js';
import { type NdArray, ndarray } from '../../src/jit/ndarray.js';
import { boxInCells } from '../../training/forms/form.js';
import { cellWeights, patchParts } from '../../training/forms/naflex.js';
import { wrapped } from '../../training/plainArrays.js';
import { goldenTensors } from '../golden.js';
import { choices, hardRows, int32, range, rowOf, type Slot, slots, stack } from '../goldenSlots.js';
import { config } from './goldenModel.js';

const input = goldenTensors('fgclip2-tiny', 'train_inputs.safetensors');

type Patches = Pick<Arrays<FgClip2Batch>, 'patches' | 'missing' | 'down' | 'across'>;

/** Takes some of the regions away, as if a batch had fewer. */
export interface Fewer {
  /** How many of each image stay. */
  regions?: readonly number[];
  hard?: readonly number[];
}

/**
 * A batch of the training goldens, which lie as the reference's collator makes them, as a training batch.
 * @param images the images of this process; default all.
 */
export function goldenBatch(
  name: 'main' | 'no_hard',
  images: readonly [first: number, end: number] = [0, 4],
  fewer: Fewer = {},
): Arrays<FgClip2Batch> {
  const [first, end] = images;
  const of = (tensor: string) => input(`${name}.${tensor}`);
  const perImage = of('box_infos').shape[0] / 4;
  const grids = range(first, end).map((image) => {
    const [rows, columns] = rowOf(of('spatial_shapes'), image);
    return { rows, columns };
  });
  const [, room, patchValues] = of('pixel_values').shape;
  const pictures = grids.map((grid, i) => ({
    grid,
    patches: rowOf(of('pixel_values'), first + i).subarray(
      0,
      grid.rows * grid.columns * patchValues,
    ) as Float32Array,
  }));

  const short: Int32Array[] = [];
  const addTexts = (tensor: NdArray, rows: readonly number[]): number[] =>
    rows.map((row) => short.push(rowOf(tensor, row) as Int32Array) - 1);
  const captionText = addTexts(of('text_short'), range(first, end));
  const boxes = slots(of('box_nums'), perImage, first, end);
  const boxText = addTexts(
    of('box_texts'),
    boxes.map(({ row }) => row),
  );
  const hard = name === 'main' ? slots(of('hard_nums'), perImage, first, end) : [];
  const hardTexts = hard.length
    ? hardRows(of('hard_nums'), perImage, first, end).flatMap((rows) =>
        rows.length > 0 ? addTexts(of('hard_texts'), rows) : new Array<number>(choices).fill(0),
      )
    : [];

  const pooling = (infos: NdArray, all: readonly Slot[], most?: readonly number[]) => {
    const cells = new Float32Array(all.length * room);
    all.forEach(({ row, image }, i) => {
      const box = Array.from(rowOf(infos, row)) as [number, number, number, number];
      cells.set(cellWeights(boxInCells(box, grids[image]), grids[image]), i * room);
    });
    const valid = Float32Array.from(all, ({ used, image }, i) =>
      used && (!most || i % perImage < most[image]) ? 1 : 0,
    );
    return {
      image: int32(all.map(({ image }) => image)),
      rowWeights: ndarray(cells, [all.length, room]),
      columnWeights: ndarray(new Float32Array(all.length).fill(1), [all.length, 1]),
      valid: ndarray(valid, [all.length]),
    };
  };
  return {
    ...wrapped<Patches>(patchParts(pictures, room, patchValues, config.vision.positionSide)),
    longIds: stack(range(first, end).map((row) => rowOf(of('text_long'), row) as Int32Array)),
    shortIds: stack(short),
    captionText: int32(captionText),
    regions: {
      ...pooling(of('box_infos'), boxes, fewer.regions),
      text: int32(boxText),
    },
    ...(hard.length > 0 && {
      hard: {
        ...pooling(of('hard_infos'), hard, fewer.hard),
        texts: ndarray(Int32Array.from(hardTexts), [hard.length, choices]),
      },
    }),
  } as Arrays<FgClip2Batch>;
}
