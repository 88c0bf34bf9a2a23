import { expect, test } from '@jest/globals';
import {
  type HubModelOptions,
  type ObjectDetection,
  openHubDetector,
  type TransformersModule,
} from '../../../detectors/proposals/hubDetector.js';
import { UserError } from '../../../src/errors.js';

class RawImage {
  constructor(
    readonly data: Uint8Array,
    readonly width: number,
    readonly height: number,
    readonly channels: number,
  ) {}
}

const image = { width: 200, height: 100, data: new Uint8Array(60_000) };

/** A stand-in for the package that finds the given things, and the calls it got. */
function fake(found: Awaited<ReturnType<ObjectDetection>>) {
  const calls: unknown[] = [];
  let disposed = false;
  const detect = Object.assign(
    async (...call: Parameters<ObjectDetection>) => {
      calls.push(...call);
      return found;
    },
    {
      dispose: async () => {
        disposed = true;
      },
    },
  );
  const module: TransformersModule = {
    RawImage,
    pipeline: async (task: string, model: string, options: HubModelOptions) => {
      calls.push(task, model, options);
      return detect;
    },
  };
  return { load: async () => module, calls, isDisposed: () => disposed };
}

test('what the model finds becomes proposals in pixels, inside the picture', async () => {
  const { load, calls, isDisposed } = fake([
    { score: 0.75, label: 'cat', box: { xmin: 0.25, ymin: 0.5, xmax: 0.5, ymax: 0.75 } },
    { score: 0.125, label: 'dog', box: { xmin: -0.5, ymin: 0, xmax: 0.0625, ymax: 1.5 } },
    { score: 0.5, label: 'cow', box: { xmin: 1.5, ymin: 0, xmax: 2, ymax: 1 } },
  ]);
  const source = await openHubDetector('Xenova/yolos-tiny', { load, threshold: 0.1, dtype: 'q8' });
  expect(await source.propose({ image })).toEqual([
    { box: [50, 50, 100, 75], quality: 0.75, category: 'cat' },
    { box: [0, 0, 12.5, 100], quality: 0.125, category: 'dog' },
  ]);
  expect(calls).toEqual([
    'object-detection',
    'Xenova/yolos-tiny',
    { dtype: 'q8' },
    new RawImage(image.data, 200, 100, 3),
    { threshold: 0.1, percentage: true },
  ]);
  await source.dispose?.();
  expect(isDisposed()).toBe(true);
});

test('a missing package, a missing model and a picture that fails are named', async () => {
  await expect(openHubDetector('a/b')).rejects.toThrow(
    new UserError(
      'Detectors from the hub are run by @huggingface/transformers, which is not installed. ' +
        'Install it with: npm install @huggingface/transformers',
    ),
  );
  const broken: TransformersModule = {
    RawImage,
    pipeline: () => Promise.reject(new Error('Could not locate file')),
  };
  await expect(openHubDetector('a/b', { load: async () => broken })).rejects.toThrow(
    new UserError('@huggingface/transformers cannot load the detector a/b: Could not locate file'),
  );
  const failing = Object.assign(() => Promise.reject(new Error('out of memory')), {
    dispose: async () => {},
  });
  const load = async () => ({ RawImage, pipeline: async () => failing });
  const source = await openHubDetector('a/b', { load });
  await expect(source.propose({ image, name: 'x.jpg' })).rejects.toThrow(
    new UserError('The detector a/b failed on x.jpg: out of memory'),
  );
});
