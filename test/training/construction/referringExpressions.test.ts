import {
  mostPrecise,
  referringExpressions,
} from '../../../training/construction/referringExpressions.js';
import { readNotThings } from '../../../training/construction/regions.js';

const notThings = readNotThings();
const pairs = (caption: string) =>
  referringExpressions(caption, notThings).expressions.map(({ short, long }) => [short, long]);

describe('referring expressions', () => {
  test('are the things that a caption names, with what is said of them', () => {
    const caption =
      'A young woman in a yellow raincoat is riding an old wooden bicycle past a gate, while a large ' +
      'brown dog sitting under the table looks at three cardboard boxes.';
    expect(pairs(caption)).toEqual([
      ['a young woman', 'a young woman in a yellow raincoat'],
      ['a yellow raincoat', 'a yellow raincoat'],
      ['an old wooden bicycle', 'an old wooden bicycle past a gate'],
      ['a gate', 'a gate'],
      ['a large brown dog', 'a large brown dog sitting under the table'],
      ['the table', 'the table'],
    ]);
    expect(referringExpressions(caption, notThings).plural).toBe(1);
  });

  test.each([
    [
      'A teapot that is red and spotted is there.',
      ['a teapot', 'a teapot that is red and spotted'],
    ],
    ['Some hat covered in dots.', ['some hat', 'some hat covered in dots']],
    ["The man's red car stands still.", ['a red car', 'a red car']],
    ['He holds his phone.', ['a phone', 'a phone']],
    ['A red, shiny balloon.', ['a red shiny balloon', 'a red shiny balloon']],
  ])('%s', (caption, expected) => {
    expect(pairs(caption)).toContainEqual(expected);
  });

  test('are none where a caption names nothing that one box shows', () => {
    const nothing = [
      '',
      'They are there.',
      'Two cats and many dogs.',
      'No cat.',
      'On the left side.',
    ];
    for (const caption of nothing) expect(pairs(caption)).toEqual([]);
  });

  test('that say the same less precisely go', () => {
    const { expressions } = referringExpressions(
      'A cat sits there. The small red cat is here. A red car. The cat. A small red cat with a hat.',
      notThings,
    );
    expect(mostPrecise(expressions).map(({ long }) => long)).toEqual([
      'a small red cat with a hat',
      'a red car',
      'a hat',
    ]);
  });
});
