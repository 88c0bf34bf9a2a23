import { existsSync } from 'node:fs';
import { mkdir, statfs } from 'node:fs/promises';
import { UserError } from '../../src/errors.js';
import { featureFile } from '../keptFeatures.js';
import { type BoxBatchSource, gridOf, lastingPlacement, shownAs } from './batches.js';
import { pictureAt, pictureCount } from './boxTable.js';
import { bytesOfPicture, type FeatureStore } from './featureStore.js';

/**
 * What keeping the features of all training pictures takes, in words.
 * @throws UserError when the disk has not enough room for those that are not there yet.
 */
export async function featureRoom(store: FeatureStore, source: BoxBatchSource): Promise<string> {
  await mkdir(store.folder, { recursive: true });
  const { bavail, bsize } = await statfs(store.folder);
  const pictures = pictureCount(source.table);
  const { kept, all, needed } = await countBytes(store, source);
  const free = bavail * bsize;
  const plan =
    `The features of ${pictures} pictures take ${gigabytes(all)} in ${store.folder}: ` +
    `${kept} pictures are there, the others need ${gigabytes(needed)}, and ${gigabytes(free)} are free.`;
  if (needed > free) {
    throw new UserError(
      `${plan} Give "keepFeatures" a folder on a larger disk, or leave it out: then features are computed ` +
        'whenever a picture is shown.',
    );
  }
  return plan;
}

/** Pictures whose features are kept, and the bytes of all and of those that are not. */
async function countBytes(store: FeatureStore, source: BoxBatchSource) {
  const { table } = source;
  const counts = { kept: 0, all: 0, needed: 0 };
  for (let picture = 0; picture < pictureCount(table); picture++) {
    const placement = lastingPlacement(source, picture);
    const bytes = bytesOfPicture(store, gridOf(source, placement));
    counts.all += bytes;
    // A picture that cannot be read is reported when it is its turn.
    const { path, exif } = pictureAt(table, picture);
    const file = await featureFile(store, path, shownAs(placement, exif)).catch(() => '');
    if (existsSync(file)) counts.kept++;
    else counts.needed += bytes;
  }
  return counts;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(bytes < 1e9 ? 3 : 1)} GB`;
}
