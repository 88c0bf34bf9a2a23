import { markdownTable } from '../markdown.js';
import { type DetectionResult, stageNames } from './results.js';

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const whole = (milliseconds: number) => milliseconds.toFixed(0);

/** Three Markdown tables: the stages, a folder of pictures, and many prompts. */
export function detectionTables({ stages, folders, prompts, peakBytes }: DetectionResult): string {
  const perStage = stages.map(({ side, milliseconds, regions, found }) => {
    const total = stageNames.reduce((sum, name) => sum + milliseconds[name], 0);
    return [
      `${side} pixels`,
      (1000 / total).toFixed(2),
      ...stageNames.map(
        (name) => `${whole(milliseconds[name])} (${percent(milliseconds[name] / total)})`,
      ),
      String(regions),
      String(found),
    ];
  });
  const perWay = folders.map(({ name, wall, model }) => [
    name,
    (1000 / wall).toFixed(2),
    whole(wall),
    whole(model),
    percent(model / wall),
  ]);
  const [fewest] = prompts;
  const perCount = prompts.map(({ count, encode, detect, found }) => [
    count.toLocaleString('en'),
    whole(encode + detect),
    detect.toFixed(1),
    percent((encode + detect) / (fewest.encode + fewest.detect) - 1),
    String(found),
  ]);
  const memory = peakBytes === null ? 'unknown' : `${(peakBytes / 1e9).toFixed(2)} GB`;
  return [
    markdownTable(
      [
        'one picture after the other',
        'pictures/s',
        ...stageNames.map((name) => `${name}, ms`),
        'regions',
        'boxes',
      ],
      perStage,
    ),
    markdownTable(
      [
        'a folder of pictures of 12 megapixels',
        'pictures/s',
        'ms each',
        "the model's part, ms",
        'its share',
      ],
      perWay,
    ),
    markdownTable(
      ['prompts', 'ms each', 'of it for prompts', 'more than for the fewest', 'boxes'],
      perCount,
    ),
    `Peak of memory: ${memory}.`,
  ].join('\n\n');
}
