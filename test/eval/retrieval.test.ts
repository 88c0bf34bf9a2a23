import { retrieve } from '../../eval/retrieval.js';
import { colourModel, writeStripes } from './colourModel.js';

const pairsOf = async (...pairs: [colour: string, caption: string][]) =>
  Promise.all(
    pairs.map(async ([colour, caption]) => ({
      file: await writeStripes(colour),
      captions: [caption],
    })),
  );

test('what belongs together is found both ways', async () => {
  const pairs = await pairsOf(['red', 'red'], ['lime', 'green'], ['blue', 'blue']);
  const textFeatures = jest.fn(colourModel.textFeatures);
  const found = await retrieve({ ...colourModel, textFeatures }, pairs, 'long', {});
  const all = { r1: 1, r5: 1, r10: 1 };
  expect(found).toEqual({ imageToText: all, textToImage: all, count: 3 });
  expect(textFeatures).toHaveBeenCalledWith(['red', 'green', 'blue'], 'long');
});

test('ties count against, one way or the other', async () => {
  // Two captions are "red": the red picture cannot tell them apart, and white is as close to each.
  const pairs = await pairsOf(
    ['red', 'red'],
    ['lime', 'green'],
    ['blue', 'blue'],
    ['white', 'red'],
  );
  const { imageToText, textToImage } = await retrieve(colourModel, pairs, 'short', {});
  expect(imageToText).toEqual({ r1: 0.5, r5: 1, r10: 1 });
  expect(textToImage).toEqual({ r1: 0.75, r5: 1, r10: 1 });
});

test('ranks beyond the fifth and the tenth', async () => {
  const alike = Array.from({ length: 7 }, (): [string, string] => ['red', 'red']);
  const pairs = await pairsOf(...alike);
  const { imageToText } = await retrieve(colourModel, pairs, 'short', {});
  expect(imageToText).toEqual({ r1: 0, r5: 0, r10: 1 });
});

test("any of a picture's captions is a match, and each of them is a query", async () => {
  const pictures = [
    { file: await writeStripes('red'), captions: ['blue', 'red'] },
    { file: await writeStripes('blue'), captions: ['green', 'blue'] },
  ];
  const { imageToText, textToImage, count } = await retrieve(colourModel, pictures, 'short', {});
  expect(count).toBe(2);
  // "blue" of the red picture is as close to the blue one as its own.
  expect(imageToText.r1).toBe(0.5);
  // "red" and the second "blue" find theirs; the first "blue" does not, nor does "green", close to none.
  expect(textToImage.r1).toBe(0.5);
});
