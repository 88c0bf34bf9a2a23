import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { filesBelow } from '../../src/files/filesBelow.js';
import { picture } from './pictureSizes.js';

/** Folders of pictures beside labels, as VOC, CVAT, Label Studio, datumaro and FiftyOne call them. */
const pictureFolders = ['jpegimages', 'images', 'data'];
/** Folders of labels beside pictures, as COCO, VOC, datumaro, supervision and FiftyOne call them. */
const labelFolders = ['annotations', 'labels'];
/** COCO files of FiftyOne, Label Studio, Roboflow and others. */
const cocoFiles = ['labels.json', 'result.json', '_annotations.coco.json', 'annotations.json'];
/** CVAT's own name, and FiftyOne's. */
const cvatFiles = ['annotations.xml', 'labels.xml'];

/** The files of a folder that COCO's can be: one of a known name, or those in `annotations/`. */
export function cocoFilesIn(folder: string): string[] {
  const known = cocoFiles.find((name) => existsSync(join(folder, name)));
  if (known !== undefined) return [join(folder, known)];
  const inside = folderIn(folder, labelFolders) ?? folder;
  const all = namesIn(inside).filter((name) => /\.json$/i.test(name));
  const instances = all.filter((name) => name.startsWith('instances_'));
  return (instances.length > 0 ? instances : all).map((name) => join(inside, name));
}

/** The CVAT file of a folder, or the only XML file in it; undefined where there is none. */
export function cvatFileIn(folder: string): string | undefined {
  const names = namesIn(folder);
  const known = cvatFiles.find((name) => names.includes(name));
  if (known !== undefined) return join(folder, known);
  const files = names.filter((name) => /\.xml$/i.test(name));
  return files.length === 1 ? join(folder, files[0]) : undefined;
}

/** The folder inside that all of a folder's label files are in, if it is called so: "Annotations". */
export function labelFolderOf(files: readonly string[]): string | undefined {
  const [first] = files[0]?.split('/') ?? [];
  const isCalledSo = first !== undefined && labelFolders.includes(first.toLowerCase());
  return isCalledSo && files.every((file) => file.startsWith(`${first}/`)) ? first : undefined;
}

/**
 * The pictures that labels were exported with: the folder of them beside the labels, or that of the labels where
 * pictures are in it.
 * @param labels the folder or file of labels.
 * @returns undefined where there are none.
 */
export function picturesBeside(labels: string): string | undefined {
  const isFile = !statSync(labels).isDirectory();
  const folder = isFile ? dirname(labels) : labels;
  const isInside = labelFolders.includes(basename(folder).toLowerCase());
  const subset = isFile ? basename(labels).replace(/^instances_|\.[^.]*$/g, '') : undefined;
  for (const root of isInside ? [dirname(folder), folder] : [folder]) {
    const found = folderIn(root, pictureFolders);
    const place = found ?? root;
    const ofSubset = subset ? folderIn(place, [subset.toLowerCase()]) : undefined;
    const pictures = [ofSubset, found].find((each) => each !== undefined && hasPictures(each));
    if (pictures !== undefined) return pictures;
  }
  return namesIn(folder).some((name) => picture.test(name)) ? folder : undefined;
}

function hasPictures(folder: string): boolean {
  return filesBelow(folder).some((file) => picture.test(file));
}

/** @param names in lower case, the likeliest first */
function folderIn(folder: string, names: readonly string[]): string | undefined {
  const isFolder = (name: string) =>
    statSync(join(folder, name), { throwIfNoEntry: false })?.isDirectory();
  const present = namesIn(folder);
  for (const name of names) {
    const found = present.find((each) => each.toLowerCase() === name && isFolder(each));
    if (found !== undefined) return join(folder, found);
  }
  return undefined;
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}
