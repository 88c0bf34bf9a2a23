import { CocoImages, imageIdInName, stemId } from '../../datasets/cocoImages.js';
import {
  type CocoResults,
  checkProbabilities,
  readCocoResults,
  rowsByImage,
} from '../../datasets/cocoResults.js';
import { UserError } from '../../src/errors.js';
import { type Xywh, xywhToXyxy } from '../../src/geometry/boxes.js';
import type { Size } from '../scales.js';
import { insidePicture } from './insidePicture.js';
import type { ProposalRequest, ProposalSource, RegionProposal } from './source.js';

/**
 * Opens a COCO results file as a source of regions: what any detector found, to be scored again. A
 * region's quality is the result's score, its category the result's category id.
 *
 * @param results a JSON array of `{image_id, category_id, bbox, score}`, scores 0..1; may be compressed
 *   with gzip.
 * @param annotations a COCO file whose `images` tell which file name belongs to which id. Without it,
 *   pictures must be named as COCO names them, by their id: 000000000139.jpg; or the results name pictures by their
 *   file names, as Ultralytics' do.
 * @param onNote told what a person should know of how the files were understood.
 * @throws UserError naming the file and, for a bad entry, its index; also when no result is about a
 *   listed picture.
 */
export async function openResultsFile(
  results: string,
  annotations?: string,
  onNote?: (note: string) => void,
): Promise<ProposalSource> {
  const images = annotations === undefined ? undefined : CocoImages.read(annotations);
  const truth = images && {
    ...images.truth,
    remedy: `Give results with the ids of ${annotations}.`,
  };
  const content = await readCocoResults(results, { truth, strays: true });
  for (const note of content.notes ?? []) onNote?.(note);
  checkProbabilities(content, results);
  const source = new ResultsFile(results, content, images);
  if (content.count > 0 && images?.images.every(({ id }) => !source.has(id))) {
    throw new UserError(
      `None of the pictures that ${annotations} lists has results in ${results}.`,
    );
  }
  return source;
}

class ResultsFile implements ProposalSource {
  readonly #file: string;
  readonly #results: CocoResults;
  readonly #rows: Map<number, Uint32Array>;
  readonly #images?: CocoImages;

  constructor(file: string, results: CocoResults, images?: CocoImages) {
    this.#file = file;
    this.#results = results;
    this.#rows = rowsByImage(results);
    this.#images = images;
  }

  has(imageId: number): boolean {
    return this.#rows.has(imageId);
  }

  async propose({ image, name, tile }: ProposalRequest): Promise<RegionProposal[]> {
    if (name === undefined) {
      throw new UserError(
        `A picture without a name cannot be looked up in ${this.#file}; give a file or an address.`,
      );
    }
    const rows = this.#rows.get(this.#imageId(name, tile?.picture ?? image)) ?? [];
    const [left, top] = tile?.rect ?? [0, 0];
    const { boxes, scores, categoryIds } = this.#results;
    const proposals = Array.from(rows, (row) => {
      const [x, y, width, height] = boxes.subarray(4 * row, 4 * row + 4);
      const box = xywhToXyxy([x - left, y - top, width, height] satisfies Xywh);
      return { box, quality: scores[row], category: categoryIds[row] };
    });
    return insidePicture(proposals, image);
  }

  #imageId(name: string, { width, height }: Size): number {
    if (this.#images) {
      const listed = this.#images.find(name);
      if ((listed.width ?? width) !== width || (listed.height ?? height) !== height) {
        throw new UserError(
          `${name} has ${width} × ${height} pixels, but is listed with ${listed.width} × ` +
            `${listed.height}: the boxes in ${this.#file} would not fit. Was it resized or turned?`,
        );
      }
      return listed.id;
    }
    const id = imageIdInName(name) ?? this.#results.imageTexts?.get(String(stemId(name)));
    if (id !== undefined && this.has(id)) return id;
    const reason =
      id === undefined
        ? `${this.#file} has no results for ${name}, whose file name tells no image id, as that of 000000000139.jpg does`
        : `${this.#file} has no results for image ${id}, which ${name} is by its name`;
    throw new UserError(
      `${reason}; name the COCO annotation file that lists it: ` +
        `file:${this.#file},<annotations.json>.`,
    );
  }
}
