import type { TowerConfig } from './towerConfig.js';

type Shape = readonly [name: string, shape: number[]];

/** Names and shapes of the blocks of `<tower>.encoder`, as CLIP and SigLIP have them. */
export function blockShapes(tower: string, config: TowerConfig): Shape[] {
  const { hiddenSize, layers } = config;
  return Array.from({ length: layers }, (_, layer) => {
    const name = `${tower}.encoder.layers.${layer}`;
    return [
      ...layerNormShapes(`${name}.layer_norm1`, hiddenSize),
      ...['q_proj', 'k_proj', 'v_proj', 'out_proj'].flatMap((projection) =>
        linearShapes(`${name}.self_attn.${projection}`, hiddenSize, hiddenSize),
      ),
      ...layerNormShapes(`${name}.layer_norm2`, hiddenSize),
      ...mlpShapes(`${name}.mlp`, config),
    ];
  }).flat();
}

/** Of the two-layer perceptron of a block. */
export function mlpShapes(name: string, { hiddenSize, mlpSize }: TowerConfig): Shape[] {
  return [
    ...linearShapes(`${name}.fc1`, mlpSize, hiddenSize),
    ...linearShapes(`${name}.fc2`, hiddenSize, mlpSize),
  ];
}

export function layerNormShapes(name: string, size: number): Shape[] {
  return [
    [`${name}.weight`, [size]],
    [`${name}.bias`, [size]],
  ];
}

export function linearShapes(name: string, outputs: number, inputs: number): Shape[] {
  return [
    [`${name}.weight`, [outputs, inputs]],
    [`${name}.bias`, [outputs]],
  ];
}
