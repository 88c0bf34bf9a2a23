import type { Xyxy } from '../src/geometry/boxes.js';
import type { PictureRegions } from './regions/pictureRegions.js';
import type { Size } from './scales.js';
import { chooseTileSize, tilesOf } from './tiles.js';
import type { View } from './view.js';

/** A part of a picture, encoded. */
export interface EncodedPart {
  /** In pixels of the picture. */
  rect: Xyxy;
  views: readonly View[];
  /** Where regions do not depend on what is asked: those of the part. */
  regions?: PictureRegions;
}

/** A picture that has been encoded; any number of prompts can be asked of it. */
export interface EncodedImage extends Size {
  /** The whole picture, then its tiles, if it was looked at in tiles too. */
  readonly parts: readonly EncodedPart[];
}

/** How a large picture is cut into tiles. */
export interface TileRequest {
  /** Side in pixels; `auto` takes what the model sees at its own resolution, or more to limit their number. */
  size: number | 'auto';
  /** Least share of a side that neighbours have in common. Default: 0.2. */
  overlap?: number;
}

const defaultOverlap = 0.2;

/** The whole picture, and its tiles where they are asked for and are smaller than it. */
export function partsOf(picture: Size, tiles: TileRequest | undefined, modelSide: number): Xyxy[] {
  const whole: Xyxy = [0, 0, picture.width, picture.height];
  if (!tiles) return [whole];
  const overlap = tiles.overlap ?? defaultOverlap;
  const tileSize = tiles.size === 'auto' ? chooseTileSize(picture, modelSide, overlap) : tiles.size;
  const rects = tilesOf(picture, { tileSize, overlap });
  return rects.length > 1 ? [whole, ...rects] : [whole];
}
