import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readCategoryChoice } from '../../../datasets/categorySplit.js';
import { networkConfig } from '../../../detectors/proposals/networkConfig.js';
import { networkWeights } from '../../../detectors/proposals/networkWeights.js';
import { readFgClipConfig } from '../../../src/fgclip/config.js';
import { parseFgClip2Config } from '../../../src/fgclip2/config.js';
import { packageRoot } from '../../../src/files/packageRoot.js';
import { proposalStage, readProposalConfig } from '../../../training/proposals/config.js';
import { cocoCategories, novelCategories } from './cocoCategories.js';

const folder = join(packageRoot, 'configs/training');
const files = readdirSync(folder)
  .map((name) => join(folder, name))
  .filter((file) => JSON.parse(readFileSync(file, 'utf8')).stage === proposalStage);

/** The sizes of the models that configs name. */
const sizesOf: Record<string, string> = {
  'qihoo360/fg-clip-base@454d76372c2cf5eb48fa0d871fd0534481484d97': 'configs/models/base.json',
  'qihoo360/fg-clip-large@5a8f0f23b5a06dc92310e907599b2a0c2d58fe6f': 'configs/models/large.json',
  'models/scenes': 'models/scenes/config.json',
};
const visionOf = (model: string) =>
  model === 'qihoo360/fg-clip2-base'
    ? parseFgClip2Config({}, 'config.json').vision
    : readFgClipConfig(join(packageRoot, sizesOf[model] ?? `${model} has no sizes here`)).vision;

test.each(files)('%s suits its model', (file) => {
  const config = readProposalConfig(file);
  const vision = visionOf(config.model);
  if (config.patches === undefined) expect(config.imageSize! % vision.patchSize).toBe(0);
  expect(config.imageSize === undefined).toBe(config.patches !== undefined);
  // A run that starts with the network of another has its sizes.
  expect(config.network === undefined).toBe(config.initial !== undefined);
  if (config.network) {
    const { channels } = config.network;
    const weights = networkWeights(networkConfig(config.network, vision), vision.hiddenSize);
    expect(weights['pyramid.out.0.weight'].shape).toEqual([channels, channels, 3, 3]);
  }
  for (const { categories } of config.data) {
    if (categories) readCategoryChoice(categories);
  }
});

describe("F-ViT's settings", () => {
  const expected = {
    'ov-coco-base': { imageSize: 640, epochs: 3, taps: [4, 6, 8, 11] },
    'ov-coco-fgclip2': { patches: 1024, epochs: 3, taps: [4, 6, 8, 11] },
    'ov-coco-large': { imageSize: 896, epochs: 3, taps: [7, 11, 15, 23] },
    'ov-lvis-base': { imageSize: 1024, epochs: 48, taps: [4, 6, 8, 11] },
    // The nearest multiple of the patches' 14 pixels to 1024.
    'ov-lvis-large': { imageSize: 1022, epochs: 48, taps: [7, 11, 15, 23] },
  };
  test.each(Object.entries(expected))('%s', (name, { taps, ...settings }) => {
    const config = readProposalConfig(join(folder, `${name}.json`));
    expect(config).toMatchObject({
      ...settings,
      ...{ learningRate: 1e-4, weightDecay: 0.1, clipNorm: 1 },
      network: { channels: 256, taps },
    });
    expect(config.batch).toBe(64);
    // On two cores a picture of 1024 pixels takes 1.6 GB.
    const { imageSize = 640 } = config;
    expect(config.microBatch! * (imageSize / 1024) ** 2 * 1.6).toBeLessThan(8);
    expect(basename(config.output)).toBe(name);
  });

  test('the base categories of OV-COCO are categories of COCO, and no novel one is among them', () => {
    const split = readCategoryChoice(join(packageRoot, 'configs/splits/ov-coco-base.json'));
    const names = cocoCategories.map(({ name }) => name);
    expect(cocoCategories.at(-1)).toEqual({ id: 90, name: 'toothbrush' });
    expect(new Set(names).size).toBe(80);
    expect(names).toEqual(expect.arrayContaining([...split, ...novelCategories]));
    expect(novelCategories.filter((name) => split.includes(name))).toEqual([]);
  });
});
