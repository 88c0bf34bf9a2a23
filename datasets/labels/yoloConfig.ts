import type { LabelCategory } from './labelSet.js';

/** The parts that a YOLO data set can have. */
export const yoloSplits = ['train', 'val', 'test'] as const;
export type YoloSplit = (typeof yoloSplits)[number];

/** What the parts are called, in files and as folders. */
export const splitNames: Readonly<Record<YoloSplit, readonly string[]>> = {
  train: ['train'],
  val: ['val', 'validation', 'valid', 'minival'],
  test: ['test'],
};

/** What a YOLO data set says of itself: in `data.yaml`, in Darknet's `obj.data`, or in a mere list of names. */
export interface YoloConfig {
  path?: string;
  /** Folders of pictures, or lists of them; none where pictures are wherever they are. */
  splits: Partial<Record<YoloSplit, string[]>>;
  categories: (LabelCategory & { id: number })[];
  /** How many numbers follow a box, for its keypoints. */
  keypointNumbers: number;
  /** Whether it is laid out as for Darknet: paths are as seen from elsewhere, and labels may lie beside their pictures. */
  isDarknet: boolean;
  /** Fields that are not looked at here. */
  rest?: Readonly<Record<string, unknown>>;
}

/** The parts that have entries, whatever they are called. */
export function splitsOf(entriesOf: (name: string) => string[]): YoloConfig['splits'] {
  return Object.fromEntries(
    yoloSplits
      .map((split) => [split, splitNames[split].flatMap(entriesOf)] as const)
      .filter(([, entries]) => entries.length > 0),
  );
}

/** The part that a name or the folders of a path speak of. */
export function splitIn(path: string): YoloSplit | undefined {
  const parts = path.toLowerCase().split('/');
  return yoloSplits.find((split) => splitNames[split].some((name) => parts.includes(name)));
}
