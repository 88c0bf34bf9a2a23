import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Xyxy } from '../../src/geometry/boxes.js';
import { asScore, splitAttributes } from './attributes.js';
import type { LabelStudioNames } from './labelFormat.js';
import type { LabelledBox, LabelledImage } from './labelSet.js';
import { originalBox, rounded, shareDecimals } from './numbers.js';

type Fields = Readonly<Record<string, unknown>>;

/** Sides in percent of the picture's. */
interface Percent {
  x: number;
  y: number;
  width: number;
  height: number;
}

const percent = z.number().min(-1000).max(1000);

/** A region that is an upright box. */
export const regionSchema = z.looseObject({
  type: z.literal('rectanglelabels'),
  original_width: z.number().positive().max(1e9),
  original_height: z.number().positive().max(1e9),
  image_rotation: z.literal(0).nullish(),
  score: z.unknown().optional(),
  meta: z.record(z.string(), z.unknown()).nullish(),
  value: z.looseObject({
    x: percent,
    y: percent,
    width: percent,
    height: percent,
    rotation: z.literal(0).nullish(),
    rectanglelabels: z.array(z.string().min(1)).min(1),
  }),
});

/** The names that a labelling config has, with those that are meant where none are given. */
export function namesOf({
  fromName = 'label',
  toName = 'image',
  imageField = 'image',
  urlPrefix = '/data/local-files/?d=',
}: LabelStudioNames = {}): Required<LabelStudioNames> {
  return { fromName, toName, imageField, urlPrefix };
}

/** The box of a region; in `rest`, its id and what else Label Studio says of it. */
export function boxOfRegion(region: z.output<typeof regionSchema>): LabelledBox {
  const { original_width: width, original_height: height, value, score, meta, ...others } = region;
  const { type: _, image_rotation: __, ...fields } = others;
  const { x, y, width: w, height: h, rotation: ___, rectanglelabels: labels, ...values } = value;
  const bounds = { x, y, width: w, height: h };
  const box = boxOf(bounds, width, height);
  const isExact = JSON.stringify(boundsOf(box, width, height)) === JSON.stringify(bounds);
  const split = splitAttributes(meta ?? {});
  const found = asScore(score);
  return {
    label: labels[0],
    box,
    ...(found !== undefined && { score: found }),
    ...(split.attributes && { attributes: split.attributes }),
    rest: {
      ...fields,
      ...(labels.length > 1 && { labels }),
      ...(Object.keys(values).length > 0 && { values }),
      ...(split.others && { meta: split.others }),
      ...(found === undefined && score !== undefined && { score }),
      ...(!isExact && { bounds }),
    },
  };
}

/**
 * The region of a box.
 * @param index of the box in its picture
 * @param rest of the box, in Label Studio's terms
 */
export function regionOf(
  { label, box, score, attributes }: LabelledBox,
  { file, width, height }: LabelledImage,
  index: number,
  rest: Fields,
  names: LabelStudioNames | undefined,
): Fields {
  const { fromName, toName } = namesOf(names);
  const { labels, values, meta, bounds, id, from_name, to_name, ...fields } = rest;
  const isSame = (labels as string[] | undefined)?.[0] === label;
  const original = originalBox<Percent>(bounds, box, (each) => boxOf(each, width, height));
  const allMeta = { ...attributes, ...(meta as Fields) };
  return {
    id: id ?? regionId(file, label, index),
    type: 'rectanglelabels',
    from_name: from_name ?? fromName,
    to_name: to_name ?? toName,
    original_width: width,
    original_height: height,
    image_rotation: 0,
    value: {
      rotation: 0,
      ...(original ?? boundsOf(box, width, height)),
      rectanglelabels: isSame ? labels : [label],
      ...(values as Fields),
    },
    ...(score !== undefined && { score }),
    ...(Object.keys(allMeta).length > 0 && { meta: allMeta }),
    ...fields,
  };
}

/** The same for the same box in every run, and different from that of every other. */
function regionId(file: string, label: string, index: number): string {
  const content = JSON.stringify([file, label, index]);
  return createHash('sha256').update(content).digest('base64url').slice(0, 12);
}

function boxOf({ x, y, width: w, height: h }: Percent, width: number, height: number): Xyxy {
  const across = width / 100;
  const down = height / 100;
  return [x * across, y * down, (x + w) * across, (y + h) * down];
}

function boundsOf([x1, y1, x2, y2]: Xyxy, width: number, height: number): Percent {
  const x = rounded((x1 / width) * 100, shareDecimals);
  const y = rounded((y1 / height) * 100, shareDecimals);
  return {
    x,
    y,
    width: rounded((x2 / width) * 100 - x, shareDecimals),
    height: rounded((y2 / height) * 100 - y, shareDecimals),
  };
}
