import { z } from 'zod';
import { countTo, modelBounds } from '../modelBounds.js';

export const activations = ['quick_gelu', 'gelu', 'gelu_pytorch_tanh'] as const;
export type Activation = (typeof activations)[number];

/** Sizes of one transformer. */
export interface TowerConfig {
  hiddenSize: number;
  layers: number;
  heads: number;
  mlpSize: number;
  layerNormEps: number;
  activation: Activation;
}

/** A tower's fields as config.json has them. */
export interface StoredTower {
  hidden_size: number;
  num_hidden_layers: number;
  num_attention_heads: number;
  intermediate_size: number;
  layer_norm_eps: number;
  hidden_act: Activation;
}

/** How a tower's fields are checked, and what those mean that a config.json leaves out. */
export function towerFields(defaults: StoredTower) {
  const { layers, width } = modelBounds;
  const names = activations.map((name) => `"${name}"`).join(' or ');
  return {
    hidden_size: countTo(width).default(defaults.hidden_size),
    num_hidden_layers: countTo(layers).default(defaults.num_hidden_layers),
    num_attention_heads: countTo(width).default(defaults.num_attention_heads),
    intermediate_size: countTo(width).default(defaults.intermediate_size),
    layer_norm_eps: z.number().positive().default(defaults.layer_norm_eps),
    hidden_act: z.enum(activations, { error: `must be ${names}` }).default(defaults.hidden_act),
  };
}

export function requireWholeHeads(tower: StoredTower, context: z.RefinementCtx): void {
  if (tower.hidden_size % tower.num_attention_heads !== 0) {
    context.addIssue({
      code: 'custom',
      path: ['hidden_size'],
      message: `(${tower.hidden_size}) must be a multiple of num_attention_heads (${tower.num_attention_heads})`,
    });
  }
}

export function towerOf(stored: StoredTower): TowerConfig {
  return {
    hiddenSize: stored.hidden_size,
    layers: stored.num_hidden_layers,
    heads: stored.num_attention_heads,
    mlpSize: stored.intermediate_size,
    layerNormEps: stored.layer_norm_eps,
    activation: stored.hidden_act,
  };
}

/** The inverse of `towerOf`. */
export function storedTower(tower: TowerConfig): StoredTower {
  return {
    hidden_size: tower.hiddenSize,
    num_hidden_layers: tower.layers,
    num_attention_heads: tower.heads,
    intermediate_size: tower.mlpSize,
    layer_norm_eps: tower.layerNormEps,
    hidden_act: tower.activation,
  };
}
