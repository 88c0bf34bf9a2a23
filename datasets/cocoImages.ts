import { unescape as decoded } from 'node:querystring';
import { z } from 'zod';
import { UserError } from '../src/errors.js';
import { readJsonFile } from '../src/files/jsonFile.js';
import { groupBy } from '../src/groupBy.js';
import type { AnnotatedOrientation, ExifChoice } from '../src/images/orientation.js';
import { cocoIdSchema, type Identified, numberedIds } from './cocoIds.js';

/** A picture that a COCO file lists. */
export interface ListedPicture extends Identified {
  /** Its path as the file has it, inside the folder of pictures; empty where the file has none. */
  file: string;
  /** In pixels, where the file says so. */
  width?: number;
  height?: number;
}

/** What a picture's annotations are for, which decides about its EXIF orientation. */
export function annotatedAs(
  { width, height }: ListedPicture,
  exif: ExifChoice | undefined,
): AnnotatedOrientation {
  return { exif, width, height };
}

const side = z.number().positive().optional().catch(undefined);

const schema = z.object({
  images: z.array(
    z
      .object({
        id: cocoIdSchema,
        file_name: z.string().min(1).optional(),
        coco_url: z.string().min(1).optional(),
        width: side,
        height: side,
      })
      .refine(({ file_name, coco_url }) => file_name ?? coco_url, {
        path: ['file_name'],
        message: 'is missing, and so is coco_url',
      }),
  ),
});

/** The pictures of a COCO file, to be found by their names. */
export class CocoImages {
  readonly images: readonly ListedPicture[];
  readonly #file: string;
  readonly #byLastPart: ReadonlyMap<string, ListedPicture[]>;
  readonly #byStem: ReadonlyMap<string | number, ListedPicture[]>;

  /** @param file where the list comes from, for messages. */
  constructor(images: readonly ListedPicture[], file: string) {
    this.images = images;
    this.#file = file;
    this.#byLastPart = groupBy(images, ({ file }) => pathParts(file).at(-1) ?? '');
    this.#byStem = groupBy(images, ({ file }) => stemId(file));
  }

  /**
   * Reads the list of a COCO annotation file, or of any file with COCO's `images`.
   * @throws UserError naming the file and the field.
   */
  static read(file: string): CocoImages {
    const { images } = readJsonFile(file, schema, 'a COCO annotation file');
    const ids = numberedIds(images.map(({ id }) => id));
    const listed = images.map(({ id, file_name, coco_url, width, height }) => {
      return { ...ids(id), file: file_name ?? pathParts(coco_url!).at(-1)!, width, height };
    });
    return new CocoImages(listed, file);
  }

  /**
   * The listed picture of that name.
   * @param name a path or an address.
   * @throws UserError naming the picture when none fits, or several do equally well.
   */
  find(name: string): ListedPicture {
    const found = this.named(name);
    if (found.length === 1) return found[0];
    throw new UserError(
      found.length === 0
        ? `${this.#file} lists no picture named ${name}.`
        : `${name} could be any of ${found.length} pictures that ${this.#file} lists, ` +
            `${found[0].file} and ${found[1].file} among them; give more of its path.`,
    );
  }

  /**
   * The listed pictures of that name. Names are compared from their ends on, as far as the shorter one goes:
   * "/data/val/7.jpg" is "val/7.jpg" and "7.jpg", but not "train/7.jpg". Those of the longest listed name that
   * fits are taken.
   * @param name a path or an address.
   */
  named(name: string): readonly ListedPicture[] {
    const parts = pathParts(name);
    const namesakes = this.#byLastPart.get(parts.at(-1) ?? '') ?? [];
    let longest = 0;
    let found: ListedPicture[] = [];
    for (const image of namesakes) {
      const shared = sharedEnd(parts, pathParts(image.file));
      if (shared > longest) {
        longest = shared;
        found = [];
      }
      if (shared > 0 && shared === longest) found.push(image);
    }
    return found;
  }

  /** The list as results are matched with. */
  get truth(): { file: string; images: readonly ListedPicture[] } {
    return { file: this.#file, images: this.images };
  }

  /** The listed pictures that a stem, as `stemId` has it, is of. */
  ofStem(stem: string | number): readonly ListedPicture[] {
    return this.#byStem.get(stem) ?? [];
  }
}

/**
 * The name of a picture without folder and extension, and, if it is all digits, as a number: what Ultralytics calls a
 * picture by in its results, "bell" or 139.
 */
export function stemId(file: string): string | number {
  const stem = (pathParts(file).at(-1) ?? '').replace(/(?<=.)\.[^.]*$/, '');
  return /^\d{1,15}$/.test(stem) ? Number(stem) : stem;
}

/**
 * The image id in a file name as COCO's pictures have it: 139 of "val2017/000000000139.jpg", and of
 * "COCO_val2014_000000000139.jpg". Undefined for other names.
 */
export function imageIdInName(name: string): number | undefined {
  const match = /^(?:COCO_[a-z]+\d*_)?(\d{1,15})\.\w+$/.exec(pathParts(name).at(-1) ?? '');
  return match ? Number(match[1]) : undefined;
}

/** The parts of a path, or of an address's path. */
function pathParts(name: string): string[] {
  const isAddress = /^[a-z][a-z\d+.-]+:\/\//i.test(name) && URL.canParse(name);
  const path = isAddress ? decoded(new URL(name).pathname) : name.replaceAll('\\', '/');
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

/** The number of parts of the shorter path if the longer one ends with it, or else 0. */
function sharedEnd(a: readonly string[], b: readonly string[]): number {
  const length = Math.min(a.length, b.length);
  const shared = a.slice(-length).every((part, i) => part === b.at(i - length));
  return shared ? length : 0;
}
