import { join } from 'node:path';
import { z } from 'zod';
import type { StoredBox } from '../../datasets/finehard.js';
import type { Detector } from '../../detectors/detector.js';
import { readJsonFile } from '../../src/files/jsonFile.js';
import { packageRoot } from '../../src/files/packageRoot.js';
import { mostPrecise, referringExpressions } from './referringExpressions.js';
import type { ConstructionStep } from './step.js';

export interface RegionOptions {
  /** Least score of a box. */
  confidence: number;
  /** Of boxes that overlap more (IoU), that of the phrase which scores best is kept. */
  overlap: number;
  /** Nouns that nothing is boxed for. */
  notThings: ReadonlySet<string>;
  /** What decides which boxes are found: the model and its settings; a JSON value. */
  identity: unknown;
}

/** The nouns that captions use for no thing that can be boxed: "background", "left", "group". */
export function readNotThings(): ReadonlySet<string> {
  const file = join(packageRoot, 'configs/construction/not-things.json');
  return new Set(readJsonFile(file, z.array(z.string().min(1)), 'a list of nouns'));
}

/** Two pictures at a time: one is read while the model looks at the other. */
const concurrency = 2;

/**
 * Finds the things that a record's captions name: each phrase that names one thing gets the box that shows
 * it best, if one shows it well enough. Records that have boxes keep them.
 */
export function regionStep(
  detector: Pick<Detector, 'encode' | 'detect'>,
  { confidence, overlap, notThings, identity }: RegionOptions,
): ConstructionStep {
  return {
    name: 'regions',
    identity: { confidence, overlap, notThings: [...notThings], identity },
    concurrency,
    async run({ record, picture, where }, counts) {
      const add = (name: string, count: number) => {
        counts[name] = (counts[name] ?? 0) + count;
      };
      if (record.bbox_info.length > 0) return { ...record };
      const found = [record.caption, record.short_caption].map((caption) =>
        referringExpressions(caption, notThings),
      );
      const expressions = mostPrecise(found.flatMap((one) => one.expressions));
      add('phrases', expressions.length);
      for (const { plural } of found) add('phrases for several things', plural);
      const image = await detector.encode(await picture(), { name: where });
      const byPhrase = new Map(expressions.map((expression) => [expression.short, expression]));
      const detections =
        byPhrase.size === 0
          ? []
          : await detector.detect(image, [...byPhrase.keys()], {
              ...{ threshold: confidence, maxDetections: 1, acrossLabels: overlap },
            });
      add('boxes', detections.length);
      const boxes = detections.map(({ label, score, box }): StoredBox => {
        const { short, long } = byPhrase.get(label)!;
        const { xmin, ymin, xmax, ymax } = box;
        const { width, height } = image;
        const sides = [xmin / width, ymin / height, xmax / width, ymax / height];
        return {
          bbox: [...sides, score].map((x) => Number(x.toFixed(5))) as StoredBox['bbox'],
          ...{ short_expr: short, long_expr: long, short_expr_negs: {}, flag_short_neg: 0 },
        };
      });
      return { ...record, bbox_info: boxes };
    },
  };
}
