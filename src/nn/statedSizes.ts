import { CheckpointError } from '../checkpoints/checkpointError.js';
import type { NdArray } from '../jit/ndarray.js';
import type { TowerConfig } from './towerConfig.js';

/** A size by its name in config.json, as it says, and as the weights have it where they tell. */
export type StatedSize = readonly [name: string, said: number, held: number | undefined];

/** The sizes of one tower that its tensors tell. */
export function towerSizes(
  tower: 'vision' | 'text',
  { hiddenSize, mlpSize, layers }: TowerConfig,
  tensors: ReadonlyMap<string, NdArray>,
): StatedSize[] {
  const layer = `${tower}_model.encoder.layers`;
  const size = (name: string) => tensors.get(`${layer}.0.${name}`)?.shape[0];
  const numbers = [...tensors.keys()]
    .filter((key) => key.startsWith(`${layer}.`))
    .map((key) => Number(key.slice(layer.length + 1).split('.')[0]));
  const held = numbers.length > 0 ? Math.max(...numbers) + 1 : undefined;
  return [
    [`${tower}_config.hidden_size`, hiddenSize, size('layer_norm1.weight')],
    [`${tower}_config.intermediate_size`, mlpSize, size('mlp.fc1.weight')],
    [`${tower}_config.num_hidden_layers`, layers, held],
  ];
}

/** @throws CheckpointError in the words of config.json: "patch_size says 32, the weights 16" */
export function refuseOtherSizes(sizes: readonly StatedSize[], file: string): void {
  const differing = sizes
    .filter(([, said, held]) => held !== undefined && held !== said)
    .map(([name, said, held]) => `  ${name} says ${said}, the weights ${held}`);
  if (differing.length > 0) {
    throw new CheckpointError(`${file} does not fit its config.json:\n${differing.join('\n')}`);
  }
}
