import { unescape as decoded } from 'node:querystring';
import { z } from 'zod';
import { UserError } from '../src/errors.js';
import { readJsonFile } from '../src/files/jsonFile.js';

/** A picture that a COCO file lists. */
export interface ListedPicture {
  id: number;
  /** Its path as the file has it; of a `coco_url`, which LVIS has instead, the last part. */
  fileName: string;
  /** In pixels, where the file says so. */
  width?: number;
  height?: number;
}

const side = z.number().positive().optional();

const schema = z.object({
  images: z.array(
    z
      .object({
        id: z.int(),
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
  readonly #byLastPart = new Map<string, ListedPicture[]>();

  /** @param file where the list comes from, for messages. */
  constructor(images: readonly ListedPicture[], file: string) {
    this.images = images;
    this.#file = file;
    for (const image of images) {
      const last = pathParts(image.fileName).at(-1)!;
      const namesakes = this.#byLastPart.get(last);
      if (namesakes) namesakes.push(image);
      else this.#byLastPart.set(last, [image]);
    }
  }

  /**
   * Reads the list of a COCO annotation file, or of any file with COCO's `images`.
   * @throws UserError naming the file and the field.
   */
  static read(file: string): CocoImages {
    const { images } = readJsonFile(file, schema, 'a COCO annotation file');
    const listed = images.map(({ id, file_name, coco_url, width, height }) => {
      const fileName = file_name ?? pathParts(coco_url!).at(-1)!;
      return { id, fileName, width, height };
    });
    return new CocoImages(listed, file);
  }

  /**
   * The listed picture of that name. Names are compared from their ends on, as far as the shorter one
   * goes: "/data/val/7.jpg" is "val/7.jpg" and "7.jpg", but not "train/7.jpg". The longest listed name
   * that fits is taken.
   * @param name a path or an address.
   * @throws UserError naming the picture when none fits, or several do equally well.
   */
  find(name: string): ListedPicture {
    const parts = pathParts(name);
    const namesakes = this.#byLastPart.get(parts.at(-1) ?? '') ?? [];
    let longest = 0;
    let found: ListedPicture[] = [];
    for (const image of namesakes) {
      const shared = sharedEnd(parts, pathParts(image.fileName));
      if (shared > longest) {
        longest = shared;
        found = [];
      }
      if (shared > 0 && shared === longest) found.push(image);
    }
    if (found.length === 1) return found[0];
    throw new UserError(
      found.length === 0
        ? `${this.#file} lists no picture named ${name}.`
        : `${name} could be any of ${found.length} pictures that ${this.#file} lists, ` +
            `${found[0].fileName} and ${found[1].fileName} among them; give more of its path.`,
    );
  }
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
