import { rmSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { networkConfig } from '../detectors/proposals/networkConfig.js';
import { NetworkProposer } from '../detectors/proposals/networkProposer.js';
import { initialNetwork } from '../detectors/proposals/networkWeights.js';
import { FgClip } from '../src/fgclip/model.js';
import { loadModelFolder } from '../src/fgclip/modelFolder.js';
import { loadFgClip2 } from '../src/fgclip2/model.js';
import type { Xyxy } from '../src/geometry/boxes.js';
import type { RgbImage } from '../src/images/rgbImage.js';
import type { Device } from '../src/jit/index.js';
import { type NdArray, ndarray, sizeOf } from '../src/jit/ndarray.js';
import type { ModelFamily } from '../src/modelFamily.js';
import { PhotosModel } from '../src/photos/model.js';
import { openPhotosFolder, type PhotosFolder } from '../src/photos/modelFolder.js';
import { createRandom } from '../src/random.js';
import { writeTinyModel } from './app/cli/tinyModel.js';
import { goldenFile, largestDifferenceOfLists } from './golden.js';
import { shippedFolder } from './photos/shippedModel.js';

/** What a network answers, by name. */
type Answers = Record<string, ArrayLike<number>>;

let tiny: string;
beforeAll(async () => {
  tiny = await writeTinyModel();
});
afterAll(() => rmSync(tiny, { recursive: true, force: true }));

/** Everything that each family, and the proposal network, can be asked; small pictures keep it quick. */
const families: Record<ModelFamily | 'proposal network', (device: Device) => Promise<Answers>> = {
  async fgclip(device) {
    const model = new FgClip(await loadModelFolder(tiny), { device, taps: [1] });
    const pixels = noise([2, 3, 16, 24]);
    const boxes = ndarray(Float32Array.of(0, 0.2, 0.1, 1.7, 1.9, 1, 1, 0, 3, 2), [2, 5]);
    const texts = ['a red fire engine', 'dog', 'the animal that is white'];
    const { dense, taps } = await model.patchMaps(pixels);
    const [tap] = taps;
    const answers = {
      dense: dense.data,
      tap: (await tap.read()).data,
      images: (await model.imageFeatures(pixels)).data,
      regions: (await model.regionFeatures(pixels, boxes)).data,
      short: (await model.textFeatures(texts)).data,
      long: (await model.textFeatures(texts, { length: 'long' })).data,
    };
    tap.dispose();
    await model.dispose();
    return answers;
  },

  async fgclip2(device) {
    const model = await loadFgClip2(goldenFile('fgclip2-tiny'), { device });
    const pictures = [picked(7), picked(13)].map((picture) => model.preprocess(picture, 20));
    const [dense] = await model.denseFeatures(pictures);
    const boxes: Xyxy[] = [
      [0, 0, 7, 7],
      [1, 2, 5, 9],
    ];
    const [regions] = await model.regionFeatures(pictures, [boxes, []]);
    const texts = ['a red fire engine', '一只黑猫'];
    const images = await model.imageFeatures(pictures);
    const long = await model.textFeatures(texts, { length: 'long' });
    const answers = {
      dense: dense.data,
      images: images.data,
      regions: regions.data,
      box: (await model.textFeatures(texts, { length: 'box' })).data,
      long: long.data,
      scores: model.globalScores(images, long).data,
    };
    await model.dispose();
    return answers;
  },

  async photos(device) {
    const model = new PhotosModel(shallow(openPhotosFolder(shippedFolder)), { device });
    const { boxes, crops } = model.config;
    const picture = picked(boxes.side);
    const [found] = await model.findBoxes([picture]);
    const classes = boxes.classes + crops.classes + crops.extraClasses;
    const answers = {
      boxes: found.flatMap(({ box, quality, scores }) => [...box, quality, ...scores]),
      crops: await model.classifyCrops([picture]),
      texts: await model.textVectors(['a raccoon', 'a small brown dog']),
      background: await model.backgroundRankings(noise([2, classes]).data as Float32Array, 6),
    };
    await model.dispose();
    return answers;
  },

  async 'proposal network'(device) {
    const config = networkConfig({ channels: 8, convolutions: 1 }, { layers: 6, patchSize: 16 });
    const weights = initialNetwork(config, 12, createRandom('proposal network'));
    const network = new NetworkProposer(config, weights, { device });
    const taps = config.taps.map((_, level) => noise([1, 3, 5, 12], level));
    const options = { nms: 0.7, most: 50 };
    const [proposals] = await network.propose(taps, [{ rows: 3, columns: 5 }], options);
    await network.dispose();
    return { proposals: proposals.flatMap(({ box, quality }) => [...box, quality]) };
  },
};

const names = Object.keys(families) as (keyof typeof families)[];

async function expectAsOnCpu(family: keyof typeof families, found: Answers): Promise<void> {
  const expected = await families[family]('cpu');
  for (const [name, values] of Object.entries(expected)) {
    expect(values.length).toBeGreaterThan(0);
    const largest = Math.max(...Array.from(values, Math.abs));
    const off = largestDifferenceOfLists(found[name], values) / largest;
    expect({ name, off, same: off < 1e-4 }).toMatchObject({ name, same: true });
  }
}

describe('on tfjs-node', () => {
  test.each(names)(
    '%s answers as it does on cpu, and leaves no tensor behind',
    async (family) => {
      const before = tf.engine().state.numTensors;
      const found = await families[family]('tfjs-node');
      expect(tf.engine().state.numTensors).toBe(before);
      await expectAsOnCpu(family, found);
    },
    120_000,
  );
});

(process.env.FGDET_TEST_WEBGPU ? describe : describe.skip)('on webgpu', () => {
  test.each(names)(
    '%s answers as it does on cpu',
    async (family) => expectAsOnCpu(family, await families[family]('webgpu')),
    300_000,
  );
});

/** The model for small pictures, with one layer of its text network and few background names. */
function shallow({ config, parameters, ...rest }: PhotosFolder): PhotosFolder {
  const { boxes, crops, text } = config;
  const side = 32;
  const background = 20;
  const deeper = /^text\.encoder\.layer\.[1-9]/;
  const { data } = parameters.get('anchors.background')!;
  const { hiddenSize } = text;
  return {
    ...rest,
    parameters: new Map([
      ...[...parameters].filter(([name]) => !deeper.test(name)),
      [
        'anchors.background',
        ndarray(data.slice(0, background * hiddenSize), [background, hiddenSize]),
      ],
    ]),
    config: {
      ...config,
      boxes: { ...boxes, side },
      crops: { ...crops, side },
      text: { ...text, layers: 1 },
      background,
    },
  };
}

function noise(shape: readonly number[], seed = 0): NdArray {
  const { normal } = createRandom(seed);
  return ndarray(Float32Array.from({ length: sizeOf(shape) }, normal), shape);
}

function picked(side: number): RgbImage {
  const { uniform } = createRandom(side);
  const data = Uint8Array.from({ length: 3 * side * side }, () => Math.floor(256 * uniform()));
  return { width: side, height: side, data };
}
