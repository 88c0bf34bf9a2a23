import type { RelativeBox } from '../../datasets/finehard.js';
import type { RgbImage } from '../../src/images/rgbImage.js';
import type { PlainArray } from '../plainArrays.js';
import type { ImageChange } from '../sample.js';

/** Parts of a batch by name, in a form that can be posted to another thread. */
export type PlainParts = Record<string, PlainArray | Record<string, PlainArray>>;

/** The form in which a family's network takes pictures and texts. */
export interface BatchForm {
  /** The most bytes that a picture takes in a batch. */
  readonly pictureBytes: number;
  /**
   * Room for the pictures of a micro-batch.
   * @param largest whether it is to be as large as any may be.
   */
  pictures(count: number, largest?: boolean): PictureRoom;
  /**
   * The table of short texts.
   * @param most texts that a batch of as many pictures can have
   */
  shortTexts(texts: readonly string[], most: number): PlainParts;
  /** One long text for each picture. */
  longTexts(texts: readonly string[]): PlainParts;
}

/** Where the pictures of a micro-batch are put one by one. */
export interface PictureRoom {
  /** Puts a picture in its place, in the colours that are asked for. */
  put(place: number, image: RgbImage, colour: ImageChange['colour']): void;
  /** Once all are there. */
  finish(): {
    parts: PlainParts;
    /** RoIAlign's weights for regions, each of the picture in its place. */
    pool(regions: readonly PlacedBox[]): { rowWeights: PlainArray; columnWeights: PlainArray };
  };
}

export interface PlacedBox {
  image: number;
  box: RelativeBox;
}

/** The box in cells of a grid, to float32 as the reference has it. */
export function boxInCells(
  box: RelativeBox,
  { rows, columns }: { rows: number; columns: number },
): number[] {
  return box.map((side, i) => Math.fround(side) * (i % 2 === 0 ? columns : rows));
}
