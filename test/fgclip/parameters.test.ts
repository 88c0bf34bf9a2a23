import { join } from 'node:path';
import { CheckpointError } from '../../src/checkpoints/checkpointError.js';
import { type FgClipConfig, readFgClipConfig } from '../../src/fgclip/config.js';
import {
  checkParameters,
  initialParameter,
  initialParameters,
  parameterShapes,
} from '../../src/fgclip/parameters.js';
import { packageRoot } from '../../src/files/packageRoot.js';
import { ndarray, sizeOf } from '../../src/jit/ndarray.js';
import { createRandom } from '../../src/random.js';

const read = (name: string) => readFgClipConfig(join(packageRoot, `configs/models/${name}.json`));
const full = read('tiny');
const tiny = { ...full, text: { ...full.text, vocabSize: 1000 } };

function parameterCount(config: FgClipConfig): number {
  return [...parameterShapes(config).values()].reduce((sum, shape) => sum + sizeOf(shape), 0);
}

test('base and large have the numbers of parameters that CLIP has, and the long texts on top', () => {
  const clipBase = 149_620_737;
  const clipLarge336 = 427_944_193;
  const extra = (width: number, projection: number) => 2 * 248 * width + projection * width + 2;
  expect(parameterCount(read('base'))).toBe(clipBase + extra(512, 512));
  expect(parameterCount(read('large'))).toBe(clipLarge336 + extra(768, 768));
});

describe('random initialisation', () => {
  const parameters = initialParameters(tiny, createRandom(1));
  const std = (name: string) => {
    const data = parameters.get(name)!.data as Float32Array;
    return Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length);
  };

  test('fits the config, and spreads as in CLIP', () => {
    expect(checkParameters(tiny, parameters, 'initial').size).toBe(parameters.size);
    const layer = 'vision_model.encoder.layers.1';
    expect(std('text_model.embeddings.token_embedding.weight') * 50).toBeCloseTo(1, 1);
    expect(std(`${layer}.self_attn.q_proj.weight`) * Math.sqrt(64 * 2 * 3)).toBeCloseTo(1, 1);
    expect(std(`${layer}.self_attn.out_proj.weight`) * Math.sqrt(64)).toBeCloseTo(1, 1);
    expect(std(`${layer}.mlp.fc1.weight`) * Math.sqrt(2 * 64)).toBeCloseTo(1, 1);
    expect(std(`${layer}.mlp.fc2.weight`) * Math.sqrt(64 * 2 * 3)).toBeCloseTo(1, 1);
    expect(std(`${layer}.mlp.fc2.bias`)).toBe(0);
    expect(std('vision_model.pre_layrnorm.weight')).toBe(1);
    expect(parameters.get('logit_scale_hardneg')!.data[0]).toBe(Math.fround(2.6592));
  });

  test('the long head copies the short one, and long positions continue the short ones', () => {
    const data = (name: string) => parameters.get(name)!.data;
    expect(data('text_filip_projection.weight')).toEqual(data('text_projection.weight'));
    const short = data('text_model.embeddings.position_embedding.weight');
    const long = data('text_model.embeddings.position_embedding_ori.weight');
    expect(long.subarray(0, 20 * 64)).toEqual(short.subarray(0, 20 * 64));
    expect(long.subarray(24 * 64, 25 * 64)).toEqual(short.subarray(21 * 64, 22 * 64));
    expect(data('text_model.embeddings.position_embedding_res.weight')).toEqual(long);
  });

  test('a tensor alone equals the one among all, and another seed gives others', () => {
    const name = 'text_model.encoder.layers.0.mlp.fc1.weight';
    expect(initialParameter(tiny, name, createRandom(1)).data).toEqual(parameters.get(name)!.data);
    expect(initialParameter(tiny, name, createRandom(2)).data).not.toEqual(
      parameters.get(name)!.data,
    );
  });

  test('positions that cannot stretch far enough are refused', () => {
    const config = { ...tiny, text: { ...tiny.text, longPositions: 249 } };
    expect(() => initialParameters(config, createRandom(1))).toThrow(
      /77 positions stretch to 248 long ones, but the config asks for 249/,
    );
  });
});

describe('checking', () => {
  const parameters = () => initialParameters(tiny, createRandom(1));

  test('position_ids buffers are left out', () => {
    const tensors = parameters().set(
      'text_model.embeddings.position_ids',
      ndarray(new Int32Array(77), [1, 77]),
    );
    expect([...checkParameters(tiny, tensors, 'x').keys()]).toEqual([
      ...parameterShapes(tiny).keys(),
    ]);
  });

  test('missing, mis-shaped and unexpected tensors are all named, with the file', () => {
    const tensors = parameters();
    tensors.delete('logit_scale');
    tensors.set('visual_projection.weight', ndarray(new Float32Array(48 * 3), [48, 3]));
    tensors.set('text_projection.weight', ndarray(new Int32Array(48 * 64), [48, 64]));
    tensors.set('head.weight', ndarray(new Float32Array(1), [1]));
    const check = () => checkParameters(tiny, tensors, 'model.safetensors');
    expect(check).toThrow(CheckpointError);
    expect(check).toThrow(
      'model.safetensors does not fit its config:\n' +
        '  missing: logit_scale\n' +
        '  of another shape or type than the config says: ' +
        'visual_projection.weight is float32 [48,3] instead of float32 [48,64]; ' +
        'text_projection.weight is int32 [48,64] instead of float32 [48,64]\n' +
        '  not part of this model: head.weight',
    );
  });

  test('a long list is cut', () => {
    expect(() => checkParameters(tiny, new Map(), 'x')).toThrow(
      /missing: logit_scale; .*and 91 more/,
    );
  });
});
