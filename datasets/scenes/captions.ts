import type { Random } from '../../src/random.js';
import type { Attributes } from './attributes.js';
import type { Scene, SceneObject } from './drawScene.js';
import { drawForm, express, expressCount, numberWord, plainForm } from './expressions.js';
import { describePosition, relationTo } from './positions.js';

/** Long captions stay below this many words, whatever the number of objects. */
const wordLimit = 56;

/** A caption of two to five sentences: how many things, which, where, and on what background. */
export function drawCaption(scene: Scene, random: Random): string {
  const { objects } = scene;
  if (objects.length === 0) return `There is nothing but ${scene.background}.`;
  const opening = drawOpening(scene, random);
  if (objects.length === 1) return `${opening} ${placeSentence(scene, objects[0])}`;
  const sentences = [opening];
  let words = countWords(opening);
  const statements = random.shuffle(makeStatements(scene, random));
  while (statements.length > 0 && sentences.length < 5) {
    const sentence = joinStatements(statements.splice(0, random.uniform() < 0.6 ? 2 : 1));
    words += countWords(sentence);
    if (words > wordLimit) break;
    sentences.push(sentence);
  }
  if (sentences.length === 1) sentences.push(backgroundSentence(scene));
  return sentences.join(' ');
}

/** One clause that names up to three things. */
export function drawShortCaption(scene: Scene, random: Random): string {
  const groups = random.shuffle(groupObjects(scene.objects));
  const named = groups.slice(0, 3);
  const phrases = named.map((group) =>
    nameGroup(group, ({ attributes }) => someAttributes(attributes, random)),
  );
  const left = groups.slice(3).reduce((sum, { members }) => sum + members.length, 0);
  if (left > 0) phrases.push(left === 1 ? 'another thing' : `${numberWord(left)} other things`);
  if (phrases.length === 0) return scene.background;
  const list = joinList(phrases);
  return random.uniform() < 0.6 || named.length === 1 ? `${list} on ${scene.background}` : list;
}

/** Up to `most` kinds of things, in any order, by their names and numbers alone. */
export function listNames(scene: Scene, most: number, random: Random): string {
  const groups = random.shuffle(groupObjects(scene.objects)).slice(0, most);
  return joinList(groups.map((group) => nameGroup(group, () => ({})))) || 'nothing';
}

interface Group {
  members: SceneObject[];
}

/** Objects of the same kind together, where they can be counted. */
function groupObjects(objects: readonly SceneObject[]): Group[] {
  const groups: Group[] = [];
  for (const object of objects) {
    const same = groups.find(({ members }) => members[0].thing === object.thing);
    if (same && object.thing.plural !== null) same.members.push(object);
    else groups.push({ members: [object] });
  }
  return groups;
}

/** Several things by their number, a single one by its name and the attributes that are asked for. */
function nameGroup({ members }: Group, attributesOf: (object: SceneObject) => Attributes): string {
  const [first] = members;
  return members.length > 1
    ? expressCount(first.thing, members.length)
    : express(first.thing, attributesOf(first), plainForm);
}

function drawOpening({ objects, background }: Scene, random: Random): string {
  if (objects.length === 1) {
    const [{ thing, attributes }] = objects;
    const subject = express(thing, attributes, { ...drawForm(random), article: true });
    return random.uniform() < 0.5
      ? `The picture shows ${subject} on ${background}.`
      : `${capitalise(subject)} on ${background}.`;
  }
  const count = `${numberWord(objects.length)} things`;
  return random.pick([
    `There are ${count} on ${background}.`,
    `The picture shows ${count} on ${background}.`,
    `${capitalise(count)} on ${background}.`,
    `On ${background} there are ${count}.`,
  ]);
}

/** Where the only object is; the opening has named it in full. */
function placeSentence({ image }: Scene, { thing, box }: SceneObject): string {
  const [xmin, ymin, xmax, ymax] = box;
  const share = Math.max((xmax - xmin) / image.width, (ymax - ymin) / image.height);
  const place = share > 0.8 ? 'large in the picture' : describePosition(box, image);
  return thing.verb === 'are' ? `They are ${place}.` : `It is ${place}.`;
}

/** What can be said of the objects, as a subject and where it is. */
interface Statement {
  subject: string;
  verb: string;
  place: string;
}

function makeStatements(scene: Scene, random: Random): Statement[] {
  return groupObjects(scene.objects).map(({ members }) => {
    const [first] = members;
    if (members.length > 1) {
      const subject = expressCount(first.thing, members.length);
      return { subject, verb: 'are', place: 'among them' };
    }
    const form = { ...drawForm(random), article: true };
    const relation = relationTo(first, scene.objects);
    const place =
      relation && random.uniform() < 0.3
        ? `${relation.words} ${express(relation.other.thing, {}, plainForm)}`
        : describePosition(first.box, scene.image);
    const subject = express(first.thing, first.attributes, form);
    return { subject, verb: first.thing.verb ?? 'is', place };
  });
}

function joinStatements(statements: readonly Statement[]): string {
  const clauses = statements.map(({ subject, verb, place }) => `${subject} ${verb} ${place}`);
  return `${capitalise(clauses.join(', and '))}.`;
}

function backgroundSentence({ background }: Scene): string {
  return `Behind everything is ${background}.`;
}

function someAttributes(attributes: Attributes, random: Random): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).filter(([kind]) => kind === 'colour' || random.uniform() < 0.5),
  );
}

function joinList(items: readonly string[]): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items[items.length - 1]}`;
}

function capitalise(text: string): string {
  return text[0].toUpperCase() + text.slice(1);
}

function countWords(text: string): number {
  return text.split(' ').length;
}
