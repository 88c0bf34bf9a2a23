import { readFileSync } from 'node:fs';
import { readFgClip2Config } from '../../src/fgclip2/config.js';
import { preprocess, readNormalisation } from '../../src/fgclip2/preprocess.js';
import { decodeImage } from '../../src/images/decode.js';
import { dynamicLimit, patchGrid } from '../../src/images/naflex.js';
import { resizeBilinear } from '../../src/images/resize.js';
import { goldenFile, goldenJson, goldenTensors } from '../golden.js';

interface Sizing {
  max_num_patches: number[];
  pictures: {
    width: number;
    height: number;
    patch_size: number;
    rows_columns: number[][];
    dynamic_max_num_patches: number;
  }[];
}

test('the grids of all sizes, limits and patch sizes', () => {
  const { max_num_patches: limits, pictures } = goldenJson<Sizing>('fgclip2-tiny', 'sizing.json');
  for (const { patch_size: side, rows_columns, dynamic_max_num_patches, ...size } of pictures) {
    const grids = limits.map((limit) => {
      const { rows, columns } = patchGrid(size, side, limit);
      return [rows, columns];
    });
    expect({ size, side, grids }).toEqual({ size, side, grids: rows_columns });
    expect({ size, side, limit: dynamicLimit(size, side) }).toEqual({
      size,
      side,
      limit: dynamic_max_num_patches,
    });
  }
});

describe('the pictures', () => {
  const golden = goldenTensors('fgclip2-tiny', 'preprocess.safetensors');
  const { patchSize } = readFgClip2Config(goldenFile('fgclip2-tiny', 'config.json')).vision;
  const normalisation = readNormalisation(goldenFile('fgclip2-tiny'));
  const picture = (index: number) =>
    decodeImage(readFileSync(goldenFile('fgclip2-tiny', `picture_${index}.png`)));

  /** Compares with a row of a padded batch. */
  function expectPatches(found: Float32Array, batch: string, row: number): void {
    const { data, shape } = golden(batch);
    const size = shape[1] * shape[2];
    const expected = (data as Float32Array).subarray(row * size, row * size + found.length);
    expect(Buffer.compare(bytes(found), bytes(expected))).toBe(0);
  }

  const bytes = ({ buffer, byteOffset, byteLength }: Float32Array) =>
    Buffer.from(buffer, byteOffset, byteLength);

  test.each([0, 1, 2, 3])('%i at 128 patches', async (index) => {
    const image = await picture(index);
    const patched = preprocess(image, { patchSize, normalisation }, 128);
    const { rows, columns, width, height } = patched;
    const shapes = golden('spatial_shapes_128').data;
    expect([rows, columns]).toEqual([...shapes.subarray(2 * index, 2 * index + 2)]);
    expect([height, width]).toEqual(golden(`decoded.${index}`).shape.slice(0, 2));
    const resized = resizeBilinear(image, columns * patchSize, rows * patchSize);
    expect(Buffer.compare(resized.data, golden(`resized_128.${index}`).bytes)).toBe(0);
    expectPatches(patched.patches, 'pixel_values_128', index);
  });

  test.each([0, 1])('%i at the dynamic limit of the batch', async (index) => {
    const images = [await picture(0), await picture(1)];
    const limit = Math.max(...images.map((image) => dynamicLimit(image, patchSize)));
    expect(limit).toBe(golden('dynamic.pixel_values').shape[1]);
    const { rows, columns, patches } = preprocess(
      images[index],
      { patchSize, normalisation },
      limit,
    );
    const shapes = golden('dynamic.spatial_shapes').data;
    expect([rows, columns]).toEqual([...shapes.subarray(2 * index, 2 * index + 2)]);
    expectPatches(patches, 'dynamic.pixel_values', index);
  });
});
