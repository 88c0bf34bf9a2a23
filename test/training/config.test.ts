import { join } from 'node:path';
import { packageRoot } from '../../src/files/packageRoot.js';
import { decays } from '../../training/adamw.js';
import { parseTrainingConfig, readTrainingConfig } from '../../training/config.js';
import { resumeSettings } from '../../training/runSettings.js';

const least = {
  stage: 2,
  model: { initial: 'qihoo360/fg-clip-base' },
  data: [{ records: 'records.json', images: 'images' }],
  batch: 8,
};

describe('parseTrainingConfig', () => {
  test("fills in the stage's published settings", () => {
    const config = parseTrainingConfig(least, 'configs/mine.json');
    expect(config).toMatchObject({
      learningRate: 1e-6,
      weightDecay: 1e-3,
      warmupSteps: 200,
      clipNorm: null,
      epochs: 1,
      regionsPerImage: 4,
      hardPerImage: 4,
      regionalWeight: 0.1,
      hardWeight: 0.5,
      shortCaptionPrefix: 'a photo of ',
      output: 'runs/mine',
      augmentation: { cropScale: 1, flip: false, colour: 0 },
    });
    expect(parseTrainingConfig({ ...least, stage: 1 }, 'x').learningRate).toBe(1e-4);
  });

  test('names the file and every bad or unknown field', () => {
    const bad = {
      ...least,
      stage: 3,
      batch: 0,
      lerningRate: 1,
      data: [{ records: 'a', images: 'b', wieght: 2 }],
    };
    const check = () => parseTrainingConfig(bad, 'bad.json');
    expect(check).toThrow(/bad\.json/);
    for (const field of [
      /stage: must be 1 or 2/,
      /batch: /,
      /lerningRate: there is no such field/,
      /data\[0\]\.wieght/,
    ]) {
      expect(check).toThrow(field);
    }
  });

  test('refuses both steps and epochs, and a bad kind of initial weights', () => {
    expect(() => parseTrainingConfig({ ...least, steps: 1, epochs: 1 }, 'x')).toThrow(
      /epochs: give/,
    );
    expect(() => parseTrainingConfig({ ...least, model: { initial: 3 } }, 'x')).toThrow(
      /model\.initial/,
    );
  });
});

test('the config for FG-CLIP 2 has the weights and the optimizer of the reference', () => {
  const config = readTrainingConfig(join(packageRoot, 'configs/training/fgclip2-base-stage2.json'));
  expect(config).toMatchObject({
    ...{ longWeight: 1, shortWeight: 1, regionalWeight: 0.2 },
    ...{ textContrastWeight: 0.1, hardWeight: 0.5, patches: 'dynamic', clipNorm: null },
    ...{ learningRate: 1e-6, weightDecay: 1e-3, betas: [0.9, 0.98], epsilon: 1e-6 },
  });
  for (const name of ['logit_bias', 'dense_feature_head.attention.in_proj_bias']) {
    expect([name, decays(name)]).toEqual([name, false]);
  }
  for (const name of ['vision_model.post_layernorm.weight', 'vision_model.head.layernorm.weight']) {
    expect([name, decays(name)]).toEqual([name, false]);
  }
  expect(decays('vision_model.head.probe')).toBe(true);
});

test('resumeSettings leaves out what may change between runs', () => {
  const config = parseTrainingConfig({ ...least, steps: 5 }, 'x');
  const settings = resumeSettings(config);
  expect(settings).toMatchObject({ 'data.0.weight': 1, 'augmentation.flip': false, batch: 8 });
  for (const name of ['steps', 'keep', 'output', 'workers'])
    expect(settings).not.toHaveProperty(name);
});
