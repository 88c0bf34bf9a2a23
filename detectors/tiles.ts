import { UserError } from '../src/errors.js';
import type { Xyxy } from '../src/geometry/boxes.js';
import type { Size } from './scales.js';

export interface TileOptions {
  /** Side of a tile in pixels of the picture. */
  tileSize: number;
  /**
   * Least share of that side that neighbours have in common, 0..0.9. Things no larger than the common
   * part are seen whole by some tile.
   */
  overlap: number;
}

/**
 * Tiles that cover a picture, evenly spread and all of one size: the tile size, or the picture's side
 * where that is shorter. A picture not larger than a tile is one.
 * @returns in whole pixels, row by row.
 * @throws UserError for a tile size or an overlap that cannot be.
 */
export function tilesOf(picture: Size, options: TileOptions): Xyxy[] {
  const [columns, rows] = starts(picture, options);
  const width = Math.min(options.tileSize, picture.width);
  const height = Math.min(options.tileSize, picture.height);
  return rows.flatMap((y) => columns.map((x): Xyxy => [x, y, x + width, y + height]));
}

/**
 * The tile size at which a picture's things keep their size: a tile has as many pixels as the model looks
 * at. Where that makes more than `mostTiles`, the least larger one that does not.
 *
 * @param inputSide of what the model looks at, in pixels: its native size times the largest scale.
 */
export function chooseTileSize(
  picture: Size,
  inputSide: number,
  overlap: number,
  mostTiles = 64,
): number {
  const fits = (tileSize: number) => {
    const [columns, rows] = starts(picture, { tileSize, overlap });
    return columns.length * rows.length <= mostTiles;
  };
  let tileSize = Math.round(inputSide);
  let enough = Math.max(tileSize, picture.width, picture.height);
  if (fits(tileSize)) return tileSize;
  while (enough - tileSize > 1) {
    const middle = (tileSize + enough) >> 1;
    if (fits(middle)) enough = middle;
    else tileSize = middle;
  }
  return enough;
}

/** Where tiles start: along the picture's width, and along its height. */
function starts({ width, height }: Size, { tileSize, overlap }: TileOptions): [number[], number[]] {
  if (!Number.isInteger(tileSize) || tileSize < 16) {
    throw new UserError(`A tile's side is a whole number of at least 16 pixels, not ${tileSize}.`);
  }
  if (!(overlap >= 0 && overlap <= 0.9)) {
    throw new UserError(`The overlap of tiles is a share from 0 to 0.9, not ${overlap}.`);
  }
  const common = Math.ceil(overlap * tileSize);
  return [spread(width, tileSize, common), spread(height, tileSize, common)];
}

function spread(side: number, tile: number, common: number): number[] {
  if (side <= tile) return [0];
  const gaps = Math.ceil((side - tile) / (tile - common));
  return Array.from({ length: gaps + 1 }, (_, i) => Math.round((i * (side - tile)) / gaps));
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
