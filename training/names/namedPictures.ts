import { UserError } from '../../src/errors.js';
import { readNamedCoco } from './cocoPictures.js';
import type { NamesSource } from './config.js';
import { readNamedFolders } from './folderPictures.js';
import type { NamedPicture } from './namedPicture.js';
import { NameList } from './nameList.js';

/** All pictures of a run. */
export interface NamedPictures {
  names: readonly string[];
  pictures: readonly NamedPicture[];
}

/**
 * Reads what all sources show. A name that several have is one name.
 * @throws UserError for a source that is missing, broken or without a name
 */
export function openNamedPictures(sources: readonly NamesSource[]): NamedPictures {
  const names = new NameList();
  const pictures = sources.flatMap((source) =>
    'folders' in source ? readNamedFolders(source, names) : readNamedCoco(source, names),
  );
  if (names.all.length === 0) {
    throw new UserError('The data show nothing: no picture has a box that is not a crowd.');
  }
  return { names: names.all, pictures };
}
