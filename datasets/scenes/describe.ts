import type { Random } from '../../src/random.js';
import type { StoredBox, StoredRecord } from '../finehard.js';
import type { Attributes } from './attributes.js';
import { drawCaption, drawShortCaption } from './captions.js';
import type { Scene, SceneObject } from './drawScene.js';
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

/**
 * Describes a scene: captions, and for every object a short and a long expression and ten wrong versions
 * of the short one.
 * @param allowHeldOut whether wrong descriptions may name held-out combinations.
 */
export function describeScene(scene: Scene, allowHeldOut: boolean, random: Random): SceneText {
  return {
    caption: drawCaption(scene, random.fork('caption')),
    short_caption: drawShortCaption(scene, random.fork('short caption')),
    bbox_info: scene.objects.map((object, i) =>
      describeObject(scene, object, allowHeldOut, random.fork(i)),
    ),
  };
}

function describeObject(
  scene: Scene,
  object: SceneObject,
  allowHeldOut: boolean,
  random: Random,
): StoredBox {
  const { width, height } = scene.image;
  const [xmin, ymin, xmax, ymax] = object.box;
  const named = shortAttributes(object.thing, object.attributes, random);
  const form = drawForm(random);
  const negatives = drawNegatives(object.thing, named, form, allowHeldOut, random);
  return {
    bbox: [xmin / width, ymin / height, xmax / width, ymax / height],
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
