import type { Random } from '../../src/random.js';
import type { RelativeBox, StoredBox, StoredRecord } from '../finehard.js';
import type { Attributes } from './attributes.js';
import { drawCaption, drawShortCaption, listNames } from './captions.js';
import type { PixelBox } from './composition.js';
import type { Scene, SceneObject } from './drawScene.js';
import { findEmptyBox } from './emptyBox.js';
import {
  drawForm,
  drawNegatives,
  express,
  plainForm,
  type SentenceForm,
  shortAttributes,
} from './expressions.js';
import { describePosition, relationTo } from './positions.js';

/** A scene in words: everything of a FineHARD record but the place of the picture. */
export type SceneText = Omit<StoredRecord, 'f_path'>;

/** What texts tell of a scene: everything, or nothing but the things' names. */
export type TextDetail = 'full' | 'names';

/**
 * Describes a scene: captions, and for every object a short and a long expression and ten wrong versions
 * of the short one; then a box of the background, where an empty place is found. Of detail `names`, texts
 * name neither attributes nor places nor what the background is like, so that only the things tell
 * pictures apart, and there are no wrong versions.
 * @param allowHeldOut whether wrong descriptions may name held-out combinations.
 */
export function describeScene(
  scene: Scene,
  detail: TextDetail,
  allowHeldOut: boolean,
  random: Random,
): SceneText {
  if (detail === 'names') return nameThings(scene, random);
  return {
    caption: drawCaption(scene, random.fork('caption')),
    short_caption: drawShortCaption(scene, random.fork('short caption')),
    bbox_info: [
      ...scene.objects.map((object, i) =>
        describeObject(scene, object, allowHeldOut, random.fork(i)),
      ),
      ...describeBackground(scene, scene.background, random),
    ],
  };
}

function nameThings(scene: Scene, random: Random): SceneText {
  return {
    caption: listNames(scene, Number.POSITIVE_INFINITY, random.fork('caption')),
    short_caption: listNames(scene, 3, random.fork('short caption')),
    bbox_info: [
      ...scene.objects.map(({ thing, box }) => plainBox(scene, box, express(thing, {}, plainForm))),
      ...describeBackground(scene, 'the background', random),
    ],
  };
}

/** A box with one expression and no wrong versions of it. */
function plainBox(scene: Scene, box: PixelBox, text: string): StoredBox {
  return {
    bbox: relativeBox(scene, box),
    short_expr: text,
    long_expr: text,
    short_expr_negs: {},
    flag_short_neg: 0,
  };
}

/** A box of the background, from which models learn what nothing looks like. */
function describeBackground(scene: Scene, text: string, random: Random): StoredBox[] {
  const box = findEmptyBox(scene, random.fork('empty'));
  return box ? [plainBox(scene, box, text)] : [];
}

function relativeBox({ image }: Scene, [xmin, ymin, xmax, ymax]: PixelBox): RelativeBox {
  const { width, height } = image;
  return [xmin / width, ymin / height, xmax / width, ymax / height];
}

function describeObject(
  scene: Scene,
  object: SceneObject,
  allowHeldOut: boolean,
  random: Random,
): StoredBox {
  const named = shortAttributes(object.thing, object.attributes, random);
  const form = drawForm(random);
  const negatives = drawNegatives(object.thing, named, form, allowHeldOut, random);
  return {
    bbox: relativeBox(scene, object.box),
    short_expr: express(object.thing, named, form),
    long_expr: longExpression(scene, object, random),
    short_expr_negs: Object.fromEntries((negatives ?? []).map((text, i) => [String(i), text])),
    flag_short_neg: negatives ? 1 : 0,
  };
}

/** All attributes, the position, and often the nearest neighbour. */
function longExpression(scene: Scene, object: SceneObject, random: Random): string {
  const form: SentenceForm = { ...drawForm(random), article: true };
  const parts = [
    `${express(object.thing, object.attributes, form)} ${describePosition(object.box, scene.image)}`,
  ];
  const relation = relationTo(object, scene.objects);
  if (relation && random.uniform() < 0.7) {
    parts.push(
      `${relation.words} ${express(relation.other.thing, briefly(relation.other), plainForm)}`,
    );
  }
  return parts.join(', ');
}

/** A neighbour is told by its colour and pattern, not by everything. */
export function briefly({ attributes }: SceneObject): Attributes {
  const { colour, pattern } = attributes;
  if (colour) return { colour };
  return pattern ? { pattern } : {};
}
