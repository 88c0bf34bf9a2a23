import { UserError } from '../../src/errors.js';
import type { FgClipConfig } from '../../src/fgclip/config.js';
import { lengthBucket } from '../../src/fgclip/lengthBucket.js';
import { laySideBySide, type PackedTexts } from '../../src/fgclip/packedTexts.js';
import { mostTokens } from '../../src/fgclip/textLength.js';
import { type Normalisation, normalise } from '../../src/images/preprocess.js';
import { resizeBicubic } from '../../src/images/resize.js';
import { roiWeights } from '../../src/nn/roiWeights.js';
import { adjustColour } from '../augment.js';
import { type BatchForm, boxInCells } from './form.js';

/** How texts become token ids. */
export interface Tokenize {
  /** Ids of a text with begin and end, cut to `limit` such that the end stays. */
  encode(text: string, limit: number): ArrayLike<number>;
  padId: number;
  eosId: number;
}

/**
 * FG-CLIP's form: pictures squashed to one square, and texts that lie side by side, in few shapes.
 * @param imageSize side of the square in pixels
 * @throws UserError when it does not divide into the model's patches
 */
export function squareForm(
  { vision, text }: FgClipConfig,
  tokenize: Tokenize,
  normalisation: Normalisation,
  imageSize = vision.imageSize,
): BatchForm {
  const { patchSize } = vision;
  if (imageSize % patchSize !== 0) {
    throw new UserError(
      `imageSize is ${imageSize}, which is not a multiple of the model's patches of ${patchSize} pixels.`,
    );
  }
  const values = 3 * imageSize * imageSize;
  const grid = imageSize / patchSize;
  return {
    pictureBytes: values * Float32Array.BYTES_PER_ELEMENT,
    pictures(count) {
      const data = new Float32Array(count * values);
      return {
        put(place, image, colour) {
          const resized = adjustColour(resizeBicubic(image, imageSize, imageSize), colour);
          normalise(resized, normalisation, data.subarray(place * values, (place + 1) * values));
        },
        finish: () => ({
          parts: { pixels: { data, shape: [count, 3, imageSize, imageSize] } },
          pool(regions) {
            const cells = regions.flatMap(({ box }) =>
              boxInCells(box, { rows: grid, columns: grid }),
            );
            const { rowWeights, columnWeights } = roiWeights(Float32Array.from(cells), grid, grid);
            const shape = [regions.length, grid];
            return {
              rowWeights: { data: rowWeights, shape },
              columnWeights: { data: columnWeights, shape },
            };
          },
        }),
      };
    },
    shortTexts: (texts, most) => packShort(texts, most, mostTokens(text, 'short'), tokenize),
    longTexts: (texts) => packLong(texts, mostTokens(text, 'long'), tokenize),
  };
}

/** The long captions, in rows of the longest one's length or of as many tokens as there may be, whichever holds them in less. */
function packLong(texts: readonly string[], limit: number, tokenize: Tokenize) {
  const encoded = texts.map((text) => tokenize.encode(text, limit));
  const longest = Math.max(...encoded.map((ids) => ids.length));
  const [tight, wide] = [lengthBucket(longest, limit), limit].map((length) =>
    laySideBySide(encoded, tokenize, length),
  );
  const packed = tight.ids.length <= wide.ids.length ? tight : wide;
  const { ids, packing } = arraysOf(packed);
  const longEnd = { data: packed.ends, shape: [texts.length] };
  return { longIds: ids, longEnd, longPacking: packing };
}

/** The table of short texts, with as many ends as there could be texts: the first's stands for those missing. */
function packShort(texts: readonly string[], most: number, limit: number, tokenize: Tokenize) {
  const encoded = texts.map((text) => tokenize.encode(text, limit));
  const packed = laySideBySide(encoded, tokenize, limit);
  const { ids, packing } = arraysOf(packed);
  const ends = new Int32Array(most).fill(packed.ends[0]);
  ends.set(packed.ends);
  return { shortIds: ids, shortEnd: { data: ends, shape: [most] }, shortPacking: packing };
}

function arraysOf({ shape, ids, segments, positions }: PackedTexts) {
  return {
    ids: { data: ids, shape },
    packing: { segments: { data: segments, shape }, positions: { data: positions, shape } },
  };
}
