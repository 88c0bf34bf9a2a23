import type { CocoDataset, CocoImage } from '../../../datasets/coco.js';
import type { Detection, DetectOptions } from '../../../detectors/detector.js';
import type { EncodedImage } from '../../../detectors/encodedImage.js';

type Corners = [number, number, number, number];

/** A picture of 100 × 100 pixels with boxes of categories. */
export function picture(id: number, boxes: readonly [Corners, number][]): CocoImage {
  return {
    ...{ id, file: `${id}.jpg`, width: 100, height: 100 },
    boxes: boxes.map(([box, category]) => {
      const [width, height] = [box[2] - box[0], box[3] - box[1]];
      return {
        ...{ box, xywh: [box[0], box[1], width, height], category },
        ...{ area: width * height, crowd: false },
      };
    }),
  };
}

export function dataset(names: readonly string[], images: CocoImage[]): CocoDataset {
  const categories = names.map((name, i) => ({ id: 10 * (i + 1), name }));
  return { file: 'annotations.json', images, categories };
}

/** A detector that finds, in each file, boxes of labels, as far as they are asked for. */
export class ToldDetector {
  /** What was asked of each file. */
  readonly asked = new Map<string, readonly string[]>();

  constructor(readonly found: Record<string, [Corners, string, number][]>) {}

  async *encodeEach(
    files: Iterable<unknown> | AsyncIterable<unknown>,
  ): AsyncGenerator<EncodedImage> {
    for await (const file of files) yield file as EncodedImage;
  }

  /** @param file what `encodeEach` yields. */
  async detect(
    file: unknown,
    prompts: readonly string[],
    { threshold = 0 }: DetectOptions = {},
  ): Promise<Detection[]> {
    const name = String(file).split('/').at(-1)!;
    this.asked.set(name, prompts);
    return this.found[name]
      .filter(([, label, score]) => prompts.includes(label) && score >= threshold)
      .map(([[xmin, ymin, xmax, ymax], label, score]) => ({
        ...{ label, score, box: { xmin, ymin, xmax, ymax } },
      }));
  }
}
