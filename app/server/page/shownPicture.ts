import type { Api } from './api.js';
import { imageForm, type Source } from './sentPicture.js';

/** A picture as the user gave it: its file, or where it lies. */
export type Given = Source | { url: string };

/** A picture and the element that shows it. */
export interface ShownPicture extends Source {
  image: HTMLImageElement;
}

/**
 * Gets a given picture ready to be shown. What lies elsewhere is fetched by the server, and what the browser
 * cannot show is shown as the server turns it into a JPEG.
 */
export async function shownPicture(
  api: Api,
  given: Given,
  signal?: AbortSignal,
): Promise<ShownPicture> {
  if ('url' in given) {
    const body = { image: { url: given.url } };
    const answer = await api.send('page/picture', { method: 'POST', body, signal });
    const file = await answer.blob();
    return { file, name: nameIn(given.url), image: await pictureElement(file) };
  }
  const { file, name } = given;
  try {
    return { file, name, image: await pictureElement(file) };
  } catch {
    const body = imageForm(file, name);
    const answer = await api.send('page/picture', { method: 'POST', body, signal });
    return { file, name, image: await pictureElement(await answer.blob()) };
  }
}

/**
 * A picture as an element, read to its end. Its address in memory is freed at once: the element keeps what
 * it has read.
 * @throws Error for a format the browser does not show.
 */
export async function pictureElement(file: Blob): Promise<HTMLImageElement> {
  const address = URL.createObjectURL(file);
  const image = new Image();
  image.alt = '';
  image.draggable = false;
  image.src = address;
  try {
    await image.decode();
  } catch {
    throw new Error('The browser cannot show this picture.');
  } finally {
    URL.revokeObjectURL(address);
  }
  return image;
}

function nameIn(url: string): string {
  const last = new URL(url).pathname.split('/').at(-1) || 'picture';
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}
