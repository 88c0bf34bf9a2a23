import { UserError } from '../../src/errors.js';
import { OrientationCounts, orientationNote } from '../../src/images/orientation.js';
import { PhotosModel } from '../../src/photos/model.js';
import type { PhotosFolder } from '../../src/photos/modelFolder.js';
import { readAhead } from '../../src/threads/readAhead.js';
import { BadRecords } from '../badRecords.js';
import { featureFile } from '../keptFeatures.js';
import type { NamesConfig } from './config.js';
import { openCropStore, readCrops, writeCrops } from './cropStore.js';
import { decodeNamed, lookAt } from './lookAt.js';
import type { NamedPicture } from './namedPicture.js';

const tellEvery = 5000;
/** Pictures that are decoded while one is looked at. */
const ahead = 3;

export interface LookOptions {
  /** Ends the work with an error; what is known by then is kept. */
  signal?: AbortSignal;
  tell(message: string): void;
}

/**
 * What the frozen networks see in each picture, `[crops, 1280]` as `lookAt` has it: read from the store, or computed and
 * kept there; null for a picture that cannot be read.
 * @throws UserError when too many cannot be read, and when stopped
 */
export async function pictureFeatures(
  base: PhotosFolder,
  pictures: readonly NamedPicture[],
  config: NamesConfig,
  { signal, tell }: LookOptions,
): Promise<(Float32Array | null)[]> {
  const { views, background, seed, device } = config;
  const settings = { views, background, seed };
  const store = openCropStore(config.keepFeatures, base, device);
  const bad = new BadRecords(config.badRecords, pictures.length);
  const orientations = new OrientationCounts();
  let model: PhotosModel | undefined;
  const read = async (picture: NamedPicture) => {
    const { path, shows, exif } = picture;
    const file = await featureFile(store, path, { shows, ...settings, ...(exif && { exif }) });
    const known = readCrops(file);
    return { file, known, image: known ? undefined : await decodeNamed(picture) };
  };
  const all: (Float32Array | null)[] = [];
  let told = Date.now();
  try {
    for await (const { source, result } of readAhead(pictures, read, ahead)) {
      if (signal?.aborted) {
        throw new UserError(
          `Stopped before the first step. What was seen in ${all.length} of ${pictures.length} pictures is kept.`,
        );
      }
      const seen = await result
        .then(async ({ file, known, image }) => {
          orientations.add(source.path, image?.takenAs);
          if (image) model ??= new PhotosModel(base, { device });
          return { file, known, fresh: image && (await lookAt(model!, image, source, settings)) };
        })
        .catch((error: unknown) => {
          if (error instanceof UserError) return error;
          throw error;
        });
      if (seen instanceof UserError) {
        const unreadable = { record: all.length, reason: seen.message };
        for (const reason of bad.add({ bad: [unreadable] }, 1)) tell(`skipped: ${reason}`);
        all.push(null);
      } else {
        all.push(seen.known ?? (await writeCrops(seen.file, seen.fresh!)));
        bad.add({ bad: [] }, 1);
      }
      if (Date.now() - told < tellEvery) continue;
      told = Date.now();
      tell(`Looked at ${all.length} of ${pictures.length} pictures`);
    }
  } finally {
    await model?.dispose();
  }
  const turned = orientationNote(orientations.shown.size, orientations.stored.size);
  if (turned) tell(turned);
  return all;
}
