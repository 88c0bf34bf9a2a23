import { rmSync } from 'node:fs';
import { loadDetector } from '../../detectors/loadDetector.js';
import { loadFgClip2 } from '../../src/fgclip2/model.js';
import { writeTinyFgClip2 } from './tinyFolder.js';

let folder: string;
beforeAll(async () => {
  folder = await writeTinyFgClip2();
});
afterAll(() => rmSync(folder, { recursive: true }));

const image = { width: 16, height: 16, data: new Uint8Array(16 * 16 * 3) };

test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 16_385, 'x', ''])(
  'a limit of %p patches is refused',
  async (patches) => {
    const message = /"patches" takes "dynamic" or a whole number from 1 to 16384, not /;
    const model = await loadFgClip2(folder);
    expect(() => model.preprocess(image, patches as number)).toThrow(message);
    await expect(loadDetector(folder, { patches: patches as number })).rejects.toThrow(message);
  },
);

test('features that there are not are told', async () => {
  const model = await loadFgClip2(folder);
  await expect(model.textFeatures(['a'], { length: 'medium' as 'short' })).rejects.toThrow(
    '"length" must be short, box or long, not "medium".',
  );
  const picture = model.preprocess(image, 4);
  await expect(model.regionFeatures([picture, picture], [[]])).rejects.toThrow(
    'a list of boxes for each picture: 2 lists, not 1',
  );
});
