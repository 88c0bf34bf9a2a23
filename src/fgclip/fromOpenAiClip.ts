import { type CheckOptions, checkTensors } from '../checkpoints/checkTensors.js';
import type { NdArray } from '../jit/ndarray.js';
import type { FgClipConfig } from './config.js';
import { checkSizes, longPositions, parameterShapes } from './parameters.js';

/** The parameters that FG-CLIP adds to CLIP. */
const added = {
  longPositions: [
    'text_model.embeddings.position_embedding_ori.weight',
    'text_model.embeddings.position_embedding_res.weight',
  ],
  longHead: 'text_filip_projection.weight',
  scales: ['logit_scale_finegraind', 'logit_scale_hardneg'],
};
const addedNames = [...added.longPositions, added.longHead, ...added.scales];

/** Whether a checkpoint is of plain CLIP: none of the parameters that FG-CLIP adds is there. */
export function isPlainClip(tensors: ReadonlyMap<string, NdArray>): boolean {
  return !addedNames.some((name) => tensors.has(name));
}

/**
 * The FG-CLIP model that training starts from a plain CLIP checkpoint, as the reference makes it: CLIP's
 * tensors as they are; the long positions are the short ones stretched, the long head is a copy of the
 * short one, and the two new logit scales start at CLIP's. int64 `position_ids` buffers are dropped.
 * @param file the name that error messages give the checkpoint.
 * @throws CheckpointError naming missing and mis-shaped tensors.
 */
export function fromOpenAiClip(
  clip: ReadonlyMap<string, NdArray>,
  config: FgClipConfig,
  file: string,
  options: CheckOptions = {},
): Map<string, NdArray> {
  const expected = parameterShapes(config);
  for (const name of addedNames) expected.delete(name);
  checkSizes(config, clip, file);
  const parameters = checkTensors(expected, clip, file, options);

  const short = parameters.get('text_model.embeddings.position_embedding.weight')!;
  const long = longPositions(short.data as Float32Array, config);
  for (const name of added.longPositions) parameters.set(name, long);
  parameters.set(added.longHead, parameters.get('text_projection.weight')!);
  for (const name of added.scales) parameters.set(name, parameters.get('logit_scale')!);
  return parameters;
}
