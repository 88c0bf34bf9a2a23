import { decodeImage } from '../src/images/decode.js';
import type { AnnotatedOrientation, OrientationCounts } from '../src/images/orientation.js';
import type { RgbImage } from '../src/images/rgbImage.js';

/** How pictures go through a model. */
export interface EncodeOptions {
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
 * Reads pictures in batches of one size, but for the last, and encodes them.
 * @returns what `encode` returns, batch by batch
 * @throws ImageError for a picture that cannot be read
 */
export async function encodePictures<T extends EvaluatedPicture, R>(
  pictures: readonly T[],
  { onProgress, orientations }: EncodeOptions,
  encode: (images: readonly RgbImage[], batch: readonly T[]) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  for (let first = 0; first < pictures.length; first += batchSize) {
    const batch = pictures.slice(first, first + batchSize);
    const reading = batch.map(({ file, annotated }) =>
      decodeImage(file, { applyOrientation: annotated }),
    );
    await Promise.allSettled(reading);
    // Of several bad pictures the first is named, whichever was found first.
    const images = await Promise.all(reading);
    for (const [i, { takenAs }] of images.entries()) orientations?.add(batch[i].file, takenAs);
    results.push(await encode(images, batch));
    onProgress?.(first + batch.length, pictures.length);
  }
  return results;
}
