import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { LabelStudioNames } from './labelFormat.js';
import { namesOf } from './labelStudioRegions.js';

/** The address of a picture in a task. */
export function pictureAddress(file: string, names: LabelStudioNames | undefined): string {
  return namesOf(names).urlPrefix + file.split('/').map(encodeURIComponent).join('/');
}

/**
 * The path of a picture inside the folder of pictures.
 * @param images that folder. The address may have parts before the path: as many are left out as it takes to
 *   find the picture there.
 */
export function pictureFile(
  address: string,
  names: LabelStudioNames | undefined,
  images: string | undefined,
): string {
  const path = pathOf(address, namesOf(names).urlPrefix);
  if (images === undefined) return path;
  const parts = path.split('/');
  const start = parts.findIndex((_, i) => existsSync(join(images, ...parts.slice(i))));
  return parts.slice(Math.max(0, start)).join('/');
}

function pathOf(address: string, prefix: string): string {
  if (prefix !== '' && address.startsWith(prefix)) return decoded(address.slice(prefix.length));
  const local = /[?&]d=([^&]*)/.exec(address)?.[1];
  if (local !== undefined) return decoded(local).replace(/^\/+/, '');
  return decoded(address.replace(/^[a-z][\w+.-]*:\/\/[^/]*/i, '').replace(/[?#].*$/, '')).replace(
    /^\/+/,
    '',
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
