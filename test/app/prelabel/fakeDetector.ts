import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import sharp from 'sharp';
import { labelDefinitions } from '../../../app/prelabel/labelDefinitions.js';
import { type PrelabelOptions, PrelabelRun } from '../../../app/prelabel/prelabel.js';
import { summarize, writePrelabelReport } from '../../../app/prelabel/report.js';
import { type LabelFormatName, labelFormat } from '../../../datasets/labels/formats.js';
import type { DetectEachOptions, DetectedImage, Detector } from '../../../detectors/detector.js';
import { UserError } from '../../../src/errors.js';

/** Pictures of a folder, one of which cannot be read. */
export const files = ['a.png', 'b.png', 'sub/c.png', 'broken.png', 'sub/empty.png'];

/** Makes them. */
export async function makePictures(images: string): Promise<void> {
  mkdirSync(join(images, 'sub'), { recursive: true });
  for (const file of files) {
    const picture = sharp({ create: { width: 120, height: 80, channels: 3, background: 'teal' } });
    if (file === 'broken.png') writeFileSync(join(images, file), 'no picture');
    else await picture.png().toFile(join(images, file));
  }
}

const boxOf = (file: string) => {
  const x = files.indexOf(file) * 7;
  return { xmin: x + 1.234, ymin: 5, xmax: x + 31.111, ymax: 45.678 };
};

/** A detector that finds a cat in every picture but those named "empty", and knows which it has looked at. */
export class FakeDetector implements Pick<Detector, 'detectEach' | 'settings'> {
  readonly looked: string[] = [];
  readonly settings = { threshold: 0.4, nms: 0.5 } as Detector['settings'];
  asked: unknown[] = [];
  readonly #images: string;
  readonly #label: string;

  /** @param images the folder of pictures. */
  constructor(images: string, label = 'cat') {
    this.#images = images;
    this.#label = label;
  }

  async *detectEach(
    sources: Iterable<string>,
    prompts: unknown,
    { signal, onProgress, onFailure, thresholds }: DetectEachOptions,
  ): AsyncGenerator<DetectedImage> {
    this.asked = [prompts, thresholds];
    let index = 0;
    for (const source of sources) {
      signal?.throwIfAborted();
      const file = relative(this.#images, source);
      this.looked.push(file);
      if (file === 'broken.png' && readFileSync(source, 'utf8') === 'no picture') {
        // As it comes from a thread.
        const error = new UserError(`${source}: this is not a picture.`);
        onFailure!({ index, source, error });
      } else {
        const detections = file.includes('empty')
          ? []
          : [{ label: this.#label, score: 0.87654, box: boxOf(file) }];
        yield { index, source, width: 120, height: 80, detections };
      }
      index++;
      onProgress?.({ done: index, failed: 0 });
    }
  }
}

/** @param output the labels' path without the extension that a format may have. */
export function optionsOf(
  format: LabelFormatName,
  {
    images,
    output,
    ...more
  }: Pick<PrelabelOptions, 'images' | 'output'> & Partial<PrelabelOptions>,
): PrelabelOptions {
  const path = labelFormat(format).folder ? output : `${output}${labelFormat(format).extension}`;
  return {
    ...{ images, files, format, output: path, version: '1.2.3' },
    definitions: labelDefinitions({ lines: ['cat: a cat | kitten @ 0.5', 'dog'] }),
    model: { name: 'fake', 'model sha256': 'abcdef' },
    ...more,
  };
}

/** The pictures looked at, what was asked for, and what the run comes to. */
export async function runWhole(
  options: PrelabelOptions,
  fake: FakeDetector = new FakeDetector(options.images),
) {
  const run = await PrelabelRun.open(options);
  await run.look(fake);
  const result = await run.finish({ threshold: 0.4, nms: 0.5 });
  await writePrelabelReport(result, summarize(result));
  return { looked: fake.looked, asked: fake.asked, result };
}
