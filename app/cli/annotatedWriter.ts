import { join } from 'node:path';
import type { Detection } from '../../detectors/detector.js';
import { writeAtomically } from '../../src/files/atomicFile.js';
import type { DrawTask } from '../../src/images/draw.worker.js';
import { TaskThreads } from '../../src/threads/taskThreads.js';
import { extensions, formatFor } from './pictureFiles.js';
import type { Picture } from './pictures.js';

const script = new URL('../../src/images/draw.worker.js', import.meta.url);

/**
 * Writes pictures with their detections drawn in: the first one at once, the others on a thread, while the
 * model looks at the next picture. Drawing on a large picture and encoding it takes about as long as
 * reading it.
 */
export class AnnotatedWriter {
  readonly #labels: readonly string[];
  readonly #folder: string;
  readonly #thread = new TaskThreads<DrawTask, { bytes: Uint8Array }>(script, { count: 1 });
  #writing: Promise<void> | undefined;

  /** @param labels all that can be found, which decide the colours. */
  constructor(labels: readonly string[], folder: string) {
    this.#labels = labels;
    this.#folder = folder;
  }

  /**
   * Starts writing a picture, once the one before is written. Its pixels may be lost thereby.
   * @returns the path of the file to come.
   * @throws what writing the one before failed with.
   */
  async write({ prepared, stem }: Picture, detections: readonly Detection[]): Promise<string> {
    const first = this.#writing === undefined;
    await this.#writing;
    const image = prepared.image!;
    const format = formatFor(image);
    // The suffix keeps the picture itself from being overwritten where it lies in the output folder.
    const file = join(this.#folder, `${stem}.detections.${extensions[format]}`);
    const task = { image, detections, options: { format, labels: this.#labels } };
    this.#writing = (first ? drawHere(task) : this.#drawAside(task)).then((bytes) =>
      writeAtomically(file, (handle) => handle.writeFile(bytes)),
    );
    // It fails where it is waited for.
    this.#writing.catch(() => {});
    return file;
  }

  /** Waits until all is written. @throws what writing the last one failed with. */
  async end(): Promise<void> {
    try {
      await this.#writing;
    } finally {
      await this.#thread.close();
    }
  }

  async #drawAside(task: DrawTask): Promise<Uint8Array> {
    const { buffer } = task.image.data;
    return (await this.#thread.run(task, [buffer as ArrayBuffer])).bytes;
  }
}

async function drawHere({ image, detections, options }: DrawTask): Promise<Uint8Array> {
  const { drawDetections } = await import('../../src/images/draw.js');
  return drawDetections(image, detections, options);
}
