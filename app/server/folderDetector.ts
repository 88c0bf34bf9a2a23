import type {
  DetectEachOptions,
  DetectedImage,
  Detector,
  ExampleBoxes,
  ImageSource,
} from '../../detectors/detector.js';
import type { EncodedImage } from '../../detectors/encodedImage.js';
import type { Examples } from '../../detectors/examples.js';
import { type Prompt, parsePrompts } from '../../detectors/prompts.js';
import { UserError } from '../../src/errors.js';
import { readWhole } from '../../src/files/regularFile.js';
import { readAhead } from '../../src/threads/readAhead.js';
import type { ProposingDetector } from '../prelabel/proposeAgain.js';
import type { PictureWork } from './pictureWork.js';

/** Pictures that are read, or wait for their turn, besides the one that is looked at. */
const ahead = 1;

/** A server's detector for pictures of a folder, each of which waits for its turn among those of requests. */
export class FolderDetector implements ProposingDetector {
  readonly settings: Detector['settings'];
  readonly #work: PictureWork;
  readonly #mostBytes: number;

  /** @param bodyBytes of the largest file that is read. */
  constructor(
    { settings }: Pick<Detector, 'settings'>,
    work: PictureWork,
    { bodyBytes }: { bodyBytes: number },
  ) {
    this.settings = settings;
    this.#work = work;
    this.#mostBytes = bodyBytes;
  }

  async encode(path: string, signal?: AbortSignal): Promise<EncodedImage> {
    return this.#work.encode(await this.#file(path), signal);
  }

  examplesIn(picture: EncodedImage, boxes: ExampleBoxes): Promise<Examples> {
    return this.#work.ask((detector) => detector.examplesIn(picture, boxes));
  }

  async *detectEach(
    paths: Iterable<ImageSource> | AsyncIterable<ImageSource>,
    prompts: readonly (string | Prompt)[],
    options: DetectEachOptions = {},
  ): AsyncGenerator<DetectedImage> {
    const { signal, onProgress, onFailure, ...detect } = options;
    const asked = parsePrompts(prompts);
    const look = async (path: ImageSource) =>
      this.#work.detect(await this.#file(path), asked, detect, signal);
    let [index, failed] = [0, 0];
    for await (const { source, result } of readAhead(paths, look, ahead)) {
      signal?.throwIfAborted();
      const looked = await result.catch((error) => {
        if (!onFailure || !(error instanceof UserError)) throw error;
        failed++;
        onFailure({ index, source, error });
      });
      if (looked) yield { index, source, ...looked };
      index++;
      onProgress?.({ done: index, failed });
    }
  }

  #file(path: ImageSource): Promise<Uint8Array> {
    return readWhole(path as string, this.#mostBytes);
  }
}
