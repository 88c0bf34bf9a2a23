import { encodePictures } from '../../eval/encodePictures.js';
import { options, writeStripes } from './colourModel.js';

test('pictures come in batches of one size, the last filled up', async () => {
  const [red, blue] = [await writeStripes('red'), await writeStripes('blue')];
  const pictures = Array.from({ length: 19 }, (_, i) => ({ file: i === 18 ? blue : red, i }));
  const told: number[][] = [];
  const onProgress = (...progress: number[]) => told.push(progress);
  const batches = await encodePictures(
    pictures,
    { ...options, onProgress },
    async (pixels, batch) => {
      expect(pixels.shape).toEqual([16, 3, 8, 8]);
      return { pixels, batch: batch.map(({ i }) => i) };
    },
  );
  expect(batches.map(({ batch }) => batch)).toEqual([[...Array(16).keys()], [16, 17, 18]]);
  const blueOf = (picture: number) => batches[1].pixels.data[picture * 192 + 128];
  expect([0, 2, 3, 15].map(blueOf)).toEqual([0, 1, 0, 0]);
  expect(told).toEqual([
    [16, 19],
    [19, 19],
  ]);
});

test('few pictures make a small batch, none make none', async () => {
  const sizes = await encodePictures(
    [{ file: await writeStripes('red') }],
    options,
    async (pixels) => pixels.shape.at(0),
  );
  expect(sizes).toEqual([1]);
  expect(await encodePictures([], options, async () => 1)).toEqual([]);
});

test('a picture that is not there is named', async () => {
  const encode = encodePictures([{ file: '/none/a.png' }], options, async () => 1);
  await expect(encode).rejects.toThrow(/\/none\/a\.png/);
});
