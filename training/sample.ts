import { boxArea, type FineHardRecord, type RelativeBox } from '../datasets/finehard.js';
import type { Random } from '../src/random.js';
import type { TrainingConfig } from './config.js';

/** What is done to a picture before it is resized; drawn anew each time the record is shown. */
export interface ImageChange {
  crop: RelativeBox;
  flip: boolean;
  /** Factors for brightness, contrast and saturation. */
  colour: [number, number, number];
}

/** One box with the description that its region is compared with. */
export interface RegionSample {
  box: RelativeBox;
  text: string;
  /** The true description, then the ten wrong ones, when the region brings hard negatives. */
  hardTexts?: string[];
}

/** What one showing of a record puts into a batch. */
export interface Sample {
  /** Path of the picture inside its folder. */
  image: string;
  longCaption: string;
  shortCaption: string;
  change: ImageChange;
  regions: RegionSample[];
  /** Boxes of the record without area, which have no feature. */
  droppedBoxes: number;
}

/** Whether regions are compared with each other, beyond their wrong descriptions. */
export function learnsRegions({ regionalWeight, textContrastWeight = 0 }: TrainingConfig): boolean {
  return regionalWeight > 0 || textContrastWeight > 0;
}

/**
 * Draws what one showing of a record puts into a batch: the picture's change, a random subset of the
 * boxes the change leaves in view, and for each its short or its long description. A cut picture may no
 * longer show everything its captions name; `cropScale` bounds that.
 */
export function drawSample(record: FineHardRecord, config: TrainingConfig, random: Random): Sample {
  const change = drawChange(config, random);
  const regional = config.stage === 2 && (learnsRegions(config) || config.hardWeight > 0);
  const boxes = regional ? record.boxes : [];
  let droppedBoxes = 0;
  const visible = boxes.flatMap((entry) => {
    if (boxArea(entry.box) === 0) {
      droppedBoxes++;
      return [];
    }
    const box = changeBox(entry.box, change, config.augmentation.cropKeepsBoxes);
    return box === null ? [] : [{ entry, box }];
  });
  const chosen = random.shuffle(visible).slice(0, config.regionsPerImage);
  let hard = 0;
  const regions = chosen.map(({ entry: { shortText, longText, negatives }, box }): RegionSample => {
    const drawn = random.uniform() < 0.5 ? shortText : longText;
    const text = drawn || shortText || longText;
    if (!negatives || hard === config.hardPerImage) return { box, text };
    hard++;
    return { box, text, hardTexts: [shortText, ...negatives] };
  });
  return {
    image: record.image,
    longCaption: record.longCaption,
    shortCaption: (record.chinese ? '' : config.shortCaptionPrefix) + record.shortCaption,
    change,
    regions,
    droppedBoxes,
  };
}

function drawChange({ augmentation }: TrainingConfig, random: Random): ImageChange {
  const { cropScale, flip, colour } = augmentation;
  let crop: RelativeBox = [0, 0, 1, 1];
  if (cropScale < 1) {
    const scale = cropScale + (1 - cropScale) * random.uniform();
    // The aspect ratio varies as far as both sides stay inside the picture, at most to 4:3 or 3:4.
    const stretch = Math.min(Math.log(4 / 3), -Math.log(scale)) / 2;
    const aspect = Math.exp(stretch * (2 * random.uniform() - 1));
    const width = Math.min(1, Math.sqrt(scale) * aspect);
    const height = Math.min(1, Math.sqrt(scale) / aspect);
    const left = random.uniform() * (1 - width);
    const top = random.uniform() * (1 - height);
    crop = [left, top, left + width, top + height];
  }
  const factor = () => (colour > 0 ? 1 + colour * (2 * random.uniform() - 1) : 1);
  return {
    crop,
    flip: flip && random.uniform() < 0.5,
    colour: [factor(), factor(), factor()],
  };
}

/** The box in the changed picture, or null when too little of it is left. */
function changeBox(box: RelativeBox, change: ImageChange, keep: number): RelativeBox | null {
  const [left, top, right, bottom] = change.crop;
  const [x1, y1, x2, y2] = clip([
    (box[0] - left) / (right - left),
    (box[1] - top) / (bottom - top),
    (box[2] - left) / (right - left),
    (box[3] - top) / (bottom - top),
  ]);
  const remaining = boxArea([x1, y1, x2, y2]) * (right - left) * (bottom - top);
  if (remaining === 0 || remaining < keep * boxArea(box)) return null;
  return change.flip ? [1 - x2, y1, 1 - x1, y2] : [x1, y1, x2, y2];
}

function clip(box: RelativeBox): RelativeBox {
  return box.map((side) => Math.min(1, Math.max(0, side))) as RelativeBox;
}
