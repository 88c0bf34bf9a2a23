import { serveTasks } from '../src/threads/serveTasks.js';
import type { ReadTask } from './pictureReader.js';
import { decoded, type PreparedPicture, prepared } from './preparedPicture.js';

serveTasks(async ({ source, options, sight }: ReadTask): Promise<PreparedPicture> => {
  const image = await decoded(source, options);
  // The decoder's memory cannot be handed over to another thread; a copy's can.
  const own = { ...image, data: new Uint8Array(image.data) };
  const { parts, ...picture } = prepared(own, sight);
  return { ...picture, parts: [...parts] };
});
