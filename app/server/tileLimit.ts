import type { Sight } from '../../detectors/preparedPicture.js';
import type { Size } from '../../detectors/scales.js';
import { partsOf } from '../../detectors/tiles.js';
import { Refusal } from './errors.js';

/** @throws Refusal where a picture would be cut into too many tiles. */
export function checkTiles(picture: Size, sight: Sight, most: number): void {
  const side = sight.imageSize * Math.max(...sight.scales);
  const tiles = partsOf(picture, sight.tiles, side).length - 1;
  if (tiles <= most) return;
  throw new Refusal(
    400,
    `The picture makes ${tiles} tiles of that size; at most ${most} are taken.`,
  );
}
