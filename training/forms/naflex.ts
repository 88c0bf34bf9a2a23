import { rowBucket } from '../../src/fgclip/packedTexts.js';
import type { FgClip2Config } from '../../src/fgclip2/config.js';
import { type PatchSettings, patchesOf } from '../../src/fgclip2/preprocess.js';
import { type TextLength, tokenCount } from '../../src/fgclip2/textLength.js';
import { textTokens } from '../../src/fgclip2/textTokens.js';
import type { Grid } from '../../src/geometry/grid.js';
import { dynamicLimit, mostDynamic, type PatchLimit, patchGrid } from '../../src/images/naflex.js';
import { resizeBicubic, resizeBilinear } from '../../src/images/resize.js';
import type { RgbImage } from '../../src/images/rgbImage.js';
import { bilinearMatrix } from '../../src/nn/bilinear.js';
import { roiWeights } from '../../src/nn/roiWeights.js';
import type { GemmaTokenizer } from '../../src/text/gemmaTokenizer.js';
import { adjustColour } from '../augment.js';
import { type BatchForm, boxInCells } from './form.js';

/** Pictures with a shorter side are squashed to a square, as in the reference. */
const shortSide = { least: 128, square: 512 };

interface Patched {
  grid: Grid;
  patches: Float32Array;
}

/**
 * FG-CLIP 2's form: pictures of their own aspect ratio as patches, filled up to the most that the limit of any of them
 * allows, and texts in rows of all the tokens that their kind has.
 */
export function naflexForm(
  { vision, text }: FgClip2Config,
  tokenizer: GemmaTokenizer,
  settings: PatchSettings,
  limit: PatchLimit = 'dynamic',
): BatchForm {
  const { patchSize, positionSide: side } = vision;
  const patchValues = vision.channels * patchSize ** 2;
  const most = limit === 'dynamic' ? mostDynamic : limit;

  const textRows = (texts: readonly string[], length: TextLength, rows: number) => {
    const count = tokenCount(text, length);
    const ids = new Int32Array(rows * count).fill(tokenizer.padId);
    texts.forEach((each, row) => {
      ids.set(textTokens(tokenizer, each, count), row * count);
    });
    return { data: ids, shape: [rows, count] };
  };

  return {
    pictureBytes: most * (patchValues + 2 * side + 1) * Float32Array.BYTES_PER_ELEMENT,
    pictures(count, largest = false) {
      const pictures = new Array<Patched & { limit: number }>(count);
      return {
        put(place, given, colour) {
          const image = withoutShortSide(given);
          const own = limit === 'dynamic' ? dynamicLimit(image, patchSize) : limit;
          const grid = patchGrid(image, patchSize, own);
          const resized = resizeBilinear(image, grid.columns * patchSize, grid.rows * patchSize);
          const patches = patchesOf(adjustColour(resized, colour), settings);
          pictures[place] = { grid, limit: own, patches };
        },
        finish() {
          const room = largest ? most : Math.max(...pictures.map(({ limit: own }) => own));
          return {
            parts: patchParts(pictures, room, patchValues, side),
            pool: (regions) => {
              const cells = new Float32Array(regions.length * room);
              regions.forEach(({ image, box }, region) => {
                const { grid } = pictures[image];
                cells.set(cellWeights(boxInCells(box, grid), grid), region * room);
              });
              return {
                rowWeights: { data: cells, shape: [regions.length, room] },
                columnWeights: {
                  data: new Float32Array(regions.length).fill(1),
                  shape: [regions.length, 1],
                },
              };
            },
          };
        },
      };
    },
    shortTexts: (texts) => ({ shortIds: textRows(texts, 'short', rowBucket(texts.length)) }),
    longTexts: (texts) => ({ longIds: textRows(texts, 'long', texts.length) }),
  };
}

function withoutShortSide(image: RgbImage): RgbImage {
  const { least, square } = shortSide;
  return Math.min(image.width, image.height) < least ? resizeBicubic(image, square, square) : image;
}

/** The pictures' patches and where each lies in its picture, `room` for each picture. */
export function patchParts(
  pictures: readonly Patched[],
  room: number,
  patchValues: number,
  side: number,
) {
  const count = pictures.length;
  const patches = new Float32Array(count * room * patchValues);
  const missing = new Float32Array(count * room).fill(1);
  const down = new Float32Array(count * room * side);
  const across = new Float32Array(count * room * side);
  pictures.forEach(({ grid: { rows, columns }, patches: own }, picture) => {
    const first = picture * room;
    patches.set(own, first * patchValues);
    missing.fill(0, first, first + rows * columns);
    const [ofRows, ofColumns] = [bilinearMatrix(side, rows), bilinearMatrix(side, columns)];
    for (let patch = 0; patch < rows * columns; patch++) {
      const [row, column] = [Math.floor(patch / columns), patch % columns];
      const place = (first + patch) * side;
      down.set(ofRows.subarray(row * side, (row + 1) * side), place);
      across.set(ofColumns.subarray(column * side, (column + 1) * side), place);
    }
  });
  return {
    patches: { data: patches, shape: [count, room, patchValues] },
    missing: { data: missing, shape: [count, room] },
    down: { data: down, shape: [count, room, side] },
    across: { data: across, shape: [count, room, side] },
  };
}

/** What each patch of a picture contributes to the feature of a box, patches in one row. */
export function cellWeights(box: readonly number[], { rows, columns }: Grid): Float32Array {
  const { rowWeights, columnWeights } = roiWeights(Float32Array.from(box), rows, columns);
  const cells = new Float32Array(rows * columns);
  rowWeights.forEach((weight, row) => {
    if (weight === 0) return;
    columnWeights.forEach((other, column) => {
      cells[row * columns + column] = weight * other;
    });
  });
  return cells;
}
