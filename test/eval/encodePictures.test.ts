import { encodePictures } from '../../eval/encodePictures.js';
import { writeStripes } from './colourModel.js';

test('pictures come in batches of one size, but for the last', async () => {
  const [red, blue] = [await writeStripes('red'), await writeStripes('blue')];
  const pictures = Array.from({ length: 19 }, (_, i) => ({ file: i === 18 ? blue : red, i }));
  const told: number[][] = [];
  const onProgress = (...progress: number[]) => told.push(progress);
  const batches = await encodePictures(pictures, { onProgress }, async (images, batch) => ({
    blue: images.map(({ data }) => data[2]),
    batch: batch.map(({ i }) => i),
  }));
  expect(batches.map(({ batch }) => batch)).toEqual([[...Array(16).keys()], [16, 17, 18]]);
  expect(batches[1].blue).toEqual([0, 0, 255]);
  expect(told).toEqual([
    [16, 19],
    [19, 19],
  ]);
});

test('no pictures make no batch', async () => {
  expect(await encodePictures([], {}, async () => 1)).toEqual([]);
});

test('a picture that is not there is named', async () => {
  const encode = encodePictures([{ file: '/none/a.png' }], {}, async () => 1);
  await expect(encode).rejects.toThrow(/\/none\/a\.png/);
});
