import {
  type Attributes,
  attributeKinds,
  attributeValues,
  drawAttributes,
  heldOutPairs,
} from '../../datasets/scenes/attributes.js';
import { things } from '../../datasets/scenes/catalogue.js';
import {
  drawForm,
  drawNegatives,
  express,
  plainForm,
  type SentenceForm,
  shortAttributes,
} from '../../datasets/scenes/expressions.js';
import { createRandom } from '../../src/random.js';

const thingNamed = (name: string) => things.find((thing) => thing.name === name)!;

/** Every choice of attributes of the same kinds, with the sentence it gives. */
function sentencesLike(named: Attributes, name: string, form: SentenceForm) {
  let choices: Attributes[] = [{}];
  for (const kind of attributeKinds.filter((candidate) => candidate in named)) {
    choices = choices.flatMap((choice) =>
      attributeValues[kind].map((value) => ({ ...choice, [kind]: value })),
    );
  }
  return choices.map((choice) => ({ choice, text: express(thingNamed(name), choice, form) }));
}

describe('expressions', () => {
  const after: SentenceForm = {
    ...plainForm,
    places: { ...plainForm.places, colour: 'clause', pattern: 'after' },
  };

  test.each<[string, Attributes, SentenceForm, string]>([
    ['cat', {}, plainForm, 'a cat'],
    ['cat', { colour: 'orange' }, plainForm, 'an orange cat'],
    ['elephant', { size: 'small', colour: 'red' }, plainForm, 'a small red elephant'],
    ['cat', { outline: 'black' }, plainForm, 'a cat with a thick black outline'],
    ['jeans', { orientation: 'on its side' }, plainForm, 'some jeans lying on their side'],
    ['cat', { colour: 'red', pattern: 'striped' }, after, 'a cat that is red, with stripes'],
    ['grapes', { colour: 'red' }, after, 'some grapes that are red'],
    [
      'cat',
      { pattern: 'striped', outline: 'white' },
      after,
      'a cat with stripes and a thick white outline',
    ],
    ['unicorn', {}, { ...plainForm, article: false }, 'unicorn'],
  ])('%s %j', (name, attributes, form, text) => {
    expect(express(thingNamed(name), attributes, form)).toBe(text);
  });
});

describe('wrong descriptions', () => {
  test('are ten, distinct, of the same noun, and none is true', () => {
    let made = 0;
    for (let i = 0; i < 400; i++) {
      const random = createRandom(`negatives ${i}`);
      const thing = random.pick(things);
      const limits = { count: [1, 3], extent: 50, size: 'large', allowHeldOut: false } as const;
      const attributes = drawAttributes(thing, limits, random);
      const named = shortAttributes(thing, attributes, random);
      const form = drawForm(random);
      const negatives = drawNegatives(thing, named, form, false, random);
      if (!negatives) continue;
      made++;
      expect(new Set(negatives).size).toBe(10);
      const like = sentencesLike(named, thing.name, form);
      for (const negative of negatives) {
        expect(negative).toContain(thing.name);
        const meanings = like.filter(({ text }) => text === negative);
        expect(meanings).toHaveLength(1);
        const [{ choice }] = meanings;
        const wrong = attributeKinds.filter((kind) => choice[kind] !== named[kind]);
        expect(wrong.length).toBeGreaterThanOrEqual(1);
        expect(wrong.length).toBeLessThanOrEqual(3);
        const heldOut = heldOutPairs.filter((pair) => pair.thing === thing.name);
        for (const pair of heldOut) expect(choice[pair.kind]).not.toBe(pair.value);
      }
    }
    expect(made).toBeGreaterThan(250);
  });

  test('are not made where there are fewer than ten others', () => {
    const cat = thingNamed('cat');
    const random = createRandom(1);
    expect(drawNegatives(cat, {}, plainForm, true, random)).toBeNull();
    expect(drawNegatives(cat, { pattern: 'striped' }, plainForm, true, random)).toBeNull();
    expect(drawNegatives(cat, { colour: 'red' }, plainForm, true, random)).toHaveLength(10);
  });
});
