import { type NdArray, ndarray } from '../jit/ndarray.js';
import { stretchPositions } from '../nn/longPositions.js';
import type { FgClip2Config } from './config.js';

const positions = 'text_model.embeddings.position_embedding';
const densePrefix = 'dense_feature_head.';

/** Whether a checkpoint is plain SigLIP 2: it has a head for pictures, and nothing of what FG-CLIP 2 adds. */
export function isSiglip2(tensors: ReadonlyMap<string, NdArray>): boolean {
  return (
    tensors.has('vision_model.head.probe') &&
    ![...tensors.keys()].some(
      (name) => name.startsWith(densePrefix) || name.startsWith('boxtext_head.'),
    )
  );
}

/**
 * The tensors of the FG-CLIP 2 model that training starts from a SigLIP 2 checkpoint, as the reference makes them:
 * SigLIP 2's as they are; the long positions are the short ones stretched, the heads for long texts and for those of
 * regions are copies of the short one, and the dense head is a copy of the pooling one.
 * @param config its long positions become as many as the short ones stretch to.
 */
export function fromSiglip2(
  siglip: ReadonlyMap<string, NdArray>,
  config: FgClip2Config,
): Map<string, NdArray> {
  const tensors = new Map(siglip);
  const copy = (from: string, to: string) => {
    for (const [name, tensor] of siglip) {
      if (name.startsWith(from)) tensors.set(to + name.slice(from.length), tensor);
    }
  };
  copy('vision_model.head.', densePrefix);
  for (const head of ['longtext_head.', 'boxtext_head.']) copy('text_model.head.', head);
  const short = siglip.get(`${positions}.weight`);
  if (!short) return tensors;
  const width = config.text.hiddenSize;
  const stretched = stretchPositions(short.data as Float32Array, width);
  config.text.longPositions = stretched.length / width;
  const long = ndarray(stretched, [config.text.longPositions, width]);
  for (const table of ['_res', '_ori']) tensors.set(`${positions}${table}.weight`, long);
  return tensors;
}
