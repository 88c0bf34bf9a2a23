import type { Api } from './api.js';
import type { ReviewBox, ReviewEntry, ReviewList, Size } from './contract.js';
import { EditedBoxes, reviewBox } from './editedBoxes.js';
import { shownPicture } from './shownPicture.js';

/** A picture under review with its boxes. */
export interface OpenPicture {
  index: number;
  file: string;
  size: Size;
  image: HTMLImageElement;
  edits: EditedBoxes;
}

/** How many pictures are kept: those before and behind the one that is seen. */
const kept = 5;

/** What the server knows of the review. */
export class ReviewClient {
  readonly #api: Api;
  readonly #pictures = new Map<number, Promise<HTMLImageElement>>();
  /** All that were changed here, so that steps can be taken back when a picture is seen again. */
  readonly #edits = new Map<number, EditedBoxes>();

  constructor(api: Api) {
    this.#api = api;
  }

  list(): Promise<ReviewList> {
    return this.#api.json('v1/review');
  }

  async open({ index, file, width, height }: ReviewEntry): Promise<OpenPicture> {
    const [image, edits] = await Promise.all([
      this.#image(index, file),
      this.#edits.get(index) ?? this.#read(index),
    ]);
    this.#edits.set(index, edits);
    const { naturalWidth, naturalHeight } = image;
    const size = width > 0 ? { width, height } : { width: naturalWidth, height: naturalHeight };
    return { index, file, size, image, edits };
  }

  /** Reads a picture that will be wanted soon. */
  prefetch({ index, file }: ReviewEntry): void {
    this.#image(index, file).catch(() => undefined);
  }

  async save(index: number, edits: EditedBoxes): Promise<void> {
    const { boxes } = edits;
    await this.#api.json(`v1/review/${index}`, {
      method: 'PUT',
      body: { boxes: boxes.map(reviewBox) },
    });
    edits.saved(boxes);
  }

  /** Boxes that look like one of a picture's, there. */
  async more(index: number, { label, box }: ReviewBox): Promise<ReviewBox[]> {
    const path = `v1/review/${index}/more`;
    const { boxes } = await this.#api.json<{ boxes: ReviewBox[] }>(path, {
      method: 'POST',
      body: { label, box },
    });
    return boxes;
  }

  /** Forgets boxes that nobody has changed since they were saved: the server has others. */
  renew(): void {
    for (const [index, edits] of this.#edits) if (!edits.isChanged) this.#edits.delete(index);
  }

  async #read(index: number): Promise<EditedBoxes> {
    const { boxes } = await this.#api.json<{ boxes: ReviewBox[] }>(`v1/review/${index}`);
    return new EditedBoxes(boxes);
  }

  #image(index: number, file: string): Promise<HTMLImageElement> {
    const read = this.#pictures.get(index) ?? this.#readImage(index, file);
    // The last used stand at the end.
    this.#pictures.delete(index);
    this.#pictures.set(index, read);
    read.catch(() => this.#pictures.delete(index));
    for (const each of this.#pictures.keys()) {
      if (this.#pictures.size <= kept) break;
      this.#pictures.delete(each);
    }
    return read;
  }

  async #readImage(index: number, name: string): Promise<HTMLImageElement> {
    const answer = await this.#api.send(`v1/review/${index}/picture`);
    const file = await answer.blob();
    return (await shownPicture(this.#api, { file, name })).image;
  }
}
