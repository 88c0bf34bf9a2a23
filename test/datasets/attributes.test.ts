import {
  attributeValues,
  drawAttributes,
  heldOutPairs,
  novelKinds,
} from '../../datasets/scenes/attributes.js';
import { things } from '../../datasets/scenes/catalogue.js';
import { stylesOf } from '../../datasets/scenes/options.js';
import { thingsOf } from '../../datasets/scenes/sprites.js';
import { createRandom } from '../../src/random.js';

const limits = { count: [0, 3], extent: 60, size: 'small' } as const;

describe('the things', () => {
  test('are 160 to 240 with names of their own', () => {
    expect(things.length).toBeGreaterThanOrEqual(160);
    expect(things.length).toBeLessThanOrEqual(240);
    expect(new Set(things.map(({ name }) => name)).size).toBe(things.length);
  });

  test('are all drawn in the unseen style and in at least two styles of training', () => {
    expect(thingsOf('twemoji')).toEqual(things);
    const drawn = stylesOf('train').map(thingsOf);
    for (const thing of things) {
      expect(drawn.filter((list) => list.includes(thing)).length).toBeGreaterThanOrEqual(2);
    }
  });
});

describe('the held-out combinations', () => {
  test('are one colour of each thing and about a tenth of the patterns', () => {
    const colours = heldOutPairs.filter(({ kind }) => kind === 'colour');
    const patterns = heldOutPairs.filter(({ kind }) => kind === 'pattern');
    expect(colours.map(({ thing }) => thing)).toEqual(things.map(({ name }) => name));
    const share = patterns.length / (things.length * attributeValues.pattern.length);
    expect(share).toBeGreaterThan(0.06);
    expect(share).toBeLessThan(0.14);
  });

  test('are never drawn where they may not be, and often where they may', () => {
    let novel = 0;
    for (let i = 0; i < 4000; i++) {
      const thing = things[i % things.length];
      const random = createRandom(i);
      const train = drawAttributes(thing, { ...limits, allowHeldOut: false }, random);
      expect(novelKinds(thing, train)).toEqual([]);
      const free = drawAttributes(thing, { ...limits, allowHeldOut: true }, random.fork('free'));
      if (novelKinds(thing, free).length > 0) novel++;
    }
    expect(novel).toBeGreaterThan(800);
  });
});

test('objects too small for a pattern or an outline do not get one', () => {
  for (let i = 0; i < 1000; i++) {
    const thing = things[i % things.length];
    const small = { ...limits, extent: 18, allowHeldOut: true };
    const attributes = drawAttributes(thing, small, createRandom(i));
    expect(attributes.pattern).toBeUndefined();
    expect(attributes.outline).toBeUndefined();
    if (!thing.turns) expect(attributes.orientation).toBeUndefined();
  }
});
