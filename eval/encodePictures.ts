import { decodeImage } from '../src/images/decode.js';
import type { AnnotatedOrientation, OrientationCounts } from '../src/images/orientation.js';
import { type Preprocessing, preprocess } from '../src/images/preprocess.js';
import type { NdArray } from '../src/jit/ndarray.js';

/** How pictures go through a model. */
export interface EncodeOptions {
  /** What makes pictures the model's input; sides are multiples of its patches. */
  preprocessing: Preprocessing;
  /** Told how many pictures are done. */
  onProgress?: (done: number, total: number) => void;
  /** Told of pictures whose EXIF orientation makes a difference. */
  orientations?: OrientationCounts;
}

export interface EvaluatedPicture {
  file: string;
  /** What its annotations are for. Default: the picture as viewers show it. */
  annotated?: AnnotatedOrientation;
}

const batchSize = 16;

/**
 * Encodes pictures in batches of one size, so that the model is compiled for one: the last batch is
 * filled up with its first picture.
 * @param encode gets the pixels, [batch, 3, height, width], and the pictures without the filling.
 * @returns what `encode` returns, batch by batch
 * @throws ImageError for a picture that cannot be read
 */
export async function encodePictures<T extends EvaluatedPicture, R>(
  pictures: readonly T[],
  { preprocessing, onProgress, orientations }: EncodeOptions,
  encode: (pixels: NdArray, batch: readonly T[]) => Promise<R>,
): Promise<R[]> {
  const size = Math.min(batchSize, pictures.length);
  const results: R[] = [];
  for (let first = 0; first < pictures.length; first += size) {
    const batch = pictures.slice(first, first + size);
    const reading = batch.map(({ file, annotated }) =>
      decodeImage(file, { applyOrientation: annotated }),
    );
    await Promise.allSettled(reading);
    // Of several bad pictures the first is named, whichever was found first.
    const images = await Promise.all(reading);
    for (const [i, { takenAs }] of images.entries()) orientations?.add(batch[i].file, takenAs);
    while (images.length < size) images.push(images[0]);
    results.push(await encode(preprocess(images, preprocessing), batch));
    onProgress?.(first + batch.length, pictures.length);
  }
  return results;
}
