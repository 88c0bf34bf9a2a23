import { posix } from 'node:path';
import { UserError } from '../../src/errors.js';
import { stemOf } from './stems.js';

/**
 * Where a picture is in a YOLO data set and where its labels are, inside the data set's folder. Ultralytics
 * takes the path of the picture as the list has it, replaces the last "images" in it by "labels" and looks
 * there. The pictures stay where they are: the "images" is a link to them. A picture whose own path has a
 * folder "images" would have its labels looked for behind that link, among the pictures; so for these the
 * link stands for that folder.
 */
export interface YoloPlace {
  /** Of the link, and where it leads inside the folder of pictures: "" is the folder itself. */
  link: string;
  target: string;
  /** Of the picture, through the link. */
  picture: string;
  labels: string;
}

const nested = 'nested';

/** Of folders above an "images", which would be taken for links: "images" is "images_", and so on. */
const renamed = (folders: string) => folders.replace(/(^|\/)(images_*)(?=\/|$)/g, '$1$2_');
const renamedBack = (folders: string) => folders.replace(/(^|\/)(images_*)_(?=\/|$)/g, '$1$2');

/** @throws UserError for a picture outside the folder, and one that a list cannot name */
export function yoloPlace(file: string): YoloPlace {
  if (/[\r\n]/.test(file)) {
    throw new UserError(`${JSON.stringify(file)} breaks the lines of YOLO's list. Rename it.`);
  }
  const stem = stemOf(file);
  const at = `/${posix.dirname(file)}/`.lastIndexOf('/images/');
  if (at < 0) {
    return {
      ...{ link: 'images', target: '' },
      ...{ picture: `images/${file}`, labels: `labels/${stem}.txt` },
    };
  }
  const folder = posix.join(nested, renamed(file.slice(0, Math.max(0, at - 1))));
  const inside = at + 'images/'.length;
  return {
    link: `${folder}/images`,
    target: file.slice(0, inside - 1),
    picture: `${folder}/images/${file.slice(inside)}`,
    labels: `${folder}/labels/${stem.slice(inside)}.txt`,
  };
}

/** The path inside the folder of pictures that `yoloPlace` put there; undefined for others. */
export function fileAtYoloPlace(picture: string): string | undefined {
  if (picture.startsWith('images/')) return picture.slice('images/'.length);
  const at = picture.lastIndexOf('/images/');
  if (!picture.startsWith(`${nested}/`) || at < 0) return undefined;
  const folders = picture.slice(nested.length + 1, Math.max(at, nested.length + 1));
  return renamedBack(folders) + picture.slice(folders === '' ? at + 1 : at);
}

/** Where Ultralytics looks for the labels of a picture. */
export function yoloLabelsOf(picture: string): string {
  const at = picture.lastIndexOf('/images/');
  const labels =
    at < 0 ? picture : `${picture.slice(0, at)}/labels/${picture.slice(at + '/images/'.length)}`;
  const dot = labels.lastIndexOf('.');
  return `${dot < 0 ? labels : labels.slice(0, dot)}.txt`;
}
