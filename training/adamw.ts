import * as tf from '@tensorflow/tfjs-core';

export interface AdamWSettings {
  weightDecay: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  /** Largest global gradient norm; null leaves gradients as they are. */
  clipNorm: number | null;
}

export type Tensors = Record<string, tf.Tensor>;

export interface AdamWState {
  parameters: Tensors;
  /** Running means of the gradients and of their squares. */
  first: Tensors;
  second: Tensors;
}

/** Scalars that change from step to step. */
export interface StepScalars {
  learningRate: tf.Scalar;
  /** 1 − beta1^step and 1 − beta2^step, with steps counted from 1. */
  correction1: tf.Scalar;
  correction2: tf.Scalar;
}

/**
 * Whether weight decay applies to a parameter: to everything but biases and layer norms, as the Hugging
 * Face Trainer groups them. Embeddings and logit scales decay.
 */
export function decays(name: string): boolean {
  return !/bias|layer_?norm|layrnorm/.test(name);
}

/** √(Σ g²) over all gradients; scalar. */
export function globalNorm(gradients: Tensors): tf.Scalar {
  const squares = Object.values(gradients).map((gradient) => tf.sum(tf.square(gradient)));
  return tf.sqrt(tf.addN(squares)) as tf.Scalar;
}

/**
 * One step of AdamW as PyTorch computes it: gradients scaled to `clipNorm` at most, decay decoupled from
 * the moments, bias-corrected. Parameters without a gradient stay as they are.
 */
export function adamW(
  state: AdamWState,
  gradients: Tensors,
  norm: tf.Scalar,
  settings: AdamWSettings,
  { learningRate, correction1, correction2 }: StepScalars,
): AdamWState {
  const { weightDecay, beta1, beta2, epsilon, clipNorm } = settings;
  const clip = clipNorm === null ? undefined : tf.minimum(tf.div(clipNorm, tf.add(norm, 1e-6)), 1);
  const stepSize = tf.div(learningRate, correction1);
  const root = tf.sqrt(correction2);
  const shrink = tf.sub(1, tf.mul(learningRate, weightDecay));
  const next: AdamWState = { parameters: {}, first: {}, second: {} };
  for (const [name, parameter] of Object.entries(state.parameters)) {
    const raw = gradients[name];
    if (!raw) {
      next.parameters[name] = parameter;
      next.first[name] = state.first[name];
      next.second[name] = state.second[name];
      continue;
    }
    // Without a graph, intermediate results of all parameters would be there at the same time.
    const updated = tf.tidy(() => {
      const gradient = clip ? tf.mul(raw, clip) : raw;
      const first = tf.add(tf.mul(state.first[name], beta1), tf.mul(gradient, 1 - beta1));
      const second = tf.add(
        tf.mul(state.second[name], beta2),
        tf.mul(tf.square(gradient), 1 - beta2),
      );
      const deviation = tf.add(tf.div(tf.sqrt(second), root), epsilon);
      const kept = weightDecay > 0 && decays(name) ? tf.mul(parameter, shrink) : parameter;
      const parameters = tf.sub(kept, tf.mul(tf.div(first, deviation), stepSize));
      return { parameters, first, second };
    });
    for (const part of ['parameters', 'first', 'second'] as const) next[part][name] = updated[part];
  }
  return next;
}
