import { join } from 'node:path';
import { CheckpointError } from '../../src/checkpoints/checkpointError.js';
import { FgClip } from '../../src/fgclip/model.js';
import { loadModelFolder } from '../../src/fgclip/modelFolder.js';
import { packageRoot } from '../../src/files/packageRoot.js';
import { ndarray } from '../../src/jit/ndarray.js';

const folder = join(packageRoot, 'test/fixtures/savedModels/fine-tuned');

/** The model, with a value that is none in one of its parameters. */
async function damaged(parameter: RegExp, value: number): Promise<FgClip> {
  const { parameters, ...model } = await loadModelFolder(folder, { onNotice: () => {} });
  const name = [...parameters.keys()].find((each) => parameter.test(each))!;
  const { data, shape } = parameters.get(name)!;
  const values = Float32Array.from(data);
  values[1] = value;
  const changed = new Map(parameters).set(name, ndarray(values, shape));
  return new FgClip({ ...model, parameters: changed });
}

test.each([
  [/^vision_model.*mlp\.fc1\.weight/, Number.NaN],
  [/^vision_model.*post_layernorm\.weight/, Number.POSITIVE_INFINITY],
])('pictures: %s of %d', async (parameter, value) => {
  const model = await damaged(parameter, value);
  const { imageSize } = model.config.vision;
  const pixels = ndarray(new Float32Array(3 * imageSize ** 2), [1, 3, imageSize, imageSize]);
  const message = `The model ${folder} gives no numbers for pictures: its weights are damaged`;
  for (const features of [model.imageFeatures(pixels), model.denseFeatures(pixels)]) {
    const error = await features.catch((each: Error) => each);
    expect(error).toBeInstanceOf(CheckpointError);
    expect((error as Error).message).toContain(message);
  }
  await model.textFeatures(['a cat']);
  await model.dispose();
});

test.each([Number.NaN, Number.NEGATIVE_INFINITY])('texts: %d', async (value) => {
  const model = await damaged(/^text_model.*mlp\.fc1\.weight/, value);
  await expect(model.textFeatures(['a cat'])).rejects.toThrow(
    `The model ${folder} gives no numbers for texts: its weights are damaged`,
  );
  await model.dispose();
});
