import { openSafetensors } from '../../src/checkpoints/safetensors.js';
import { type FgClipBatch, fgclipObjective } from '../../src/fgclip/objective.js';
import { type Arrays, jit } from '../../src/jit/jit.js';
import { type NdArray, ndarray } from '../../src/jit/ndarray.js';
import { objectiveLosses } from '../../src/nn/objective.js';
import { alone } from '../../src/ranks/ranks.js';
import { decays, type Tensors } from '../../training/adamw.js';
import { valueAndGradients } from '../../training/gradients.js';
import type { TrainState } from '../../training/optimizer.js';
import { learningRateAt } from '../../training/schedule.js';
import { createTrainStep } from '../../training/step.js';
import { device } from '../device.js';
import { config, goldenBatch } from '../fgclip/goldenBatch.js';
import {
  distance,
  expectWithin,
  goldenFile,
  goldenJson,
  goldenTensors,
  largestDifference,
  norm,
} from '../golden.js';

interface GoldenLosses {
  image_text_long: number;
  image_text_short: number;
  regional?: number;
  hard_negative?: number;
  total: number;
}

interface GoldenCase {
  losses: GoldenLosses;
  total_gradient_norm: number;
  gradient_norms?: Record<string, number>;
  parameters_without_gradient?: string[];
}

const cases = goldenJson<Record<string, GoldenCase>>('fgclip-tiny-train', 'losses.json');
const weights = Object.fromEntries(openSafetensors(goldenFile('fgclip-tiny', 'model.safetensors')));
const weighting = { regionalWeight: 0.1, hardWeight: 0.5 };

const objective = fgclipObjective(config, weighting);

const differentiate = jit(
  function gradients(parameters: Tensors, batch: FgClipBatch) {
    const { value, gradients } = valueAndGradients(
      (tensors) => objectiveLosses(objective, tensors, batch),
      parameters,
    );
    return { losses: { ...value }, gradients };
  },
  { device },
);

function expectLosses(actual: Record<string, NdArray | undefined>, golden: GoldenLosses): void {
  const pairs = {
    imageTextLong: golden.image_text_long,
    imageTextShort: golden.image_text_short,
    regional: golden.regional,
    hardNegative: golden.hard_negative,
    total: golden.total,
  };
  for (const [name, expected] of Object.entries(pairs)) {
    if (expected === undefined) continue;
    const error = Math.abs(actual[name]!.data[0] - expected) / Math.max(1, Math.abs(expected));
    expectWithin('fgclip-tiny-train', `loss ${name}`, error, 1e-5);
  }
}

/** Gradients of key biases are zero in exact arithmetic: what files hold there is noise. */
function expectGradient(name: string, actual: NdArray, expected: NdArray): void {
  const off = distance(actual, expected);
  if (name.endsWith('k_proj.bias')) {
    expectWithin('fgclip-tiny-train', `gradient (absolute) ${name}`, off, 1e-6);
  } else {
    expectWithin('fgclip-tiny-train', `gradient ${name}`, off / norm(expected), 1e-4);
  }
}

describe('losses and gradients', () => {
  test('main batch: every loss and every parameter', async () => {
    const { losses, gradients } = await differentiate(weights, goldenBatch('main'));
    expectLosses(losses as never, cases.main.losses);
    const golden = openSafetensors(goldenFile('fgclip-tiny-train', 'grads.safetensors'));
    expect(Object.keys(gradients).sort()).toEqual([...golden.keys()].sort());
    for (const [name, expected] of golden) expectGradient(name, gradients[name], expected);
  });

  const partial = openSafetensors(
    goldenFile('fgclip-tiny-train', 'grads_edge_and_stage1.safetensors'),
  );
  const edges = Object.keys(cases).filter((name) => name.startsWith('edge'));

  test.each(edges)('%s', async (name) => {
    const { losses, gradients } = await differentiate(weights, goldenBatch(name));
    expectLosses(losses as never, cases[name].losses);
    expectPartial(name, gradients);
  });

  test('stage 1', async () => {
    const { regions, hard, ...batch } = goldenBatch('main');
    const { losses, gradients } = await differentiate(weights, batch as Arrays<FgClipBatch>);
    expectLosses(losses as never, cases.stage1.losses);
    expectPartial('stage1', gradients);
    expect(gradients).not.toHaveProperty('logit_scale_finegraind');
    expect(gradients).not.toHaveProperty('logit_scale_hardneg');
  });

  function expectPartial(name: string, gradients: Record<string, NdArray>): void {
    const listed = [...partial].filter(([key]) => key.startsWith(`${name}.`));
    expect(listed.length).toBeGreaterThan(0);
    for (const [key, expected] of listed) {
      const parameter = key.slice(name.length + 1);
      expectGradient(parameter, gradients[parameter], expected);
    }
    for (const [parameter, expected] of Object.entries(cases[name].gradient_norms ?? {})) {
      if (parameter.endsWith('k_proj.bias')) continue;
      const found = norm(gradients[parameter]);
      expect({ parameter, ok: Math.abs(found - expected) <= 1e-4 * expected }).toMatchObject({
        ok: true,
      });
    }
  }
});

describe('trajectory', () => {
  const golden = goldenJson<{
    hyperparameters: Record<string, number>;
    steps: { lr_used?: number; grad_norm_before_clipping?: number; losses: GoldenLosses }[];
    groups: Record<string, string[]>;
  }>('fgclip-tiny-train', 'trajectory.json');
  const settings = golden.hyperparameters;

  test('weight decay applies to the reference’s groups', () => {
    const groups = Object.entries(golden.groups);
    expect(groups.length).toBe(2);
    for (const [group, names] of groups) {
      for (const name of names)
        expect({ name, decays: decays(name) }).toEqual({ name, decays: !/no|without/.test(group) });
    }
  });

  test('six steps', async () => {
    const step = createTrainStep(
      { family: 'fgclip', config },
      {
        ...weighting,
        weightDecay: settings.weight_decay,
        beta1: settings.adam_beta1,
        beta2: settings.adam_beta2,
        epsilon: settings.adam_epsilon,
        clipNorm: settings.max_grad_norm,
        device,
        ...{ batch: 4, microBatch: 4, regionBatch: 4, ranks: alone },
      },
    );
    const zeros = () =>
      Object.fromEntries(
        Object.entries(weights).map(([name, { shape, size }]) => [
          name,
          ndarray(new Float32Array(size), shape),
        ]),
      );
    let state: TrainState = { parameters: weights, first: zeros(), second: zeros(), step: 0 };
    const batch = goldenBatch('main');
    for (let k = 0; k < settings.max_steps; k++) {
      const expected = golden.steps[k];
      const rate = learningRateAt(k, {
        learningRate: settings.learning_rate,
        warmupSteps: settings.warmup_steps,
        steps: settings.max_steps,
      });
      expect(rate).toBeCloseTo(expected.lr_used!, 10);
      const result = await step.run(state, () => [batch], rate);
      expect(result.gradientNorm / expected.grad_norm_before_clipping!).toBeCloseTo(1, 4);
      expect(result.losses.total).toBeCloseTo(expected.losses.total, 4);
      state = result.state;
    }
    const final = goldenTensors('fgclip-tiny-train', 'trajectory_final.safetensors');
    for (const [name, array] of Object.entries(state.parameters)) {
      const value = await array.read();
      const expected = final(name);
      const relative = distance(value, expected) / norm(expected);
      expectWithin('fgclip-tiny-train', `after six steps ${name}`, relative, 1e-3);
      expect(largestDifference(value, expected)).toBeLessThan(2e-5);
    }
    await step.dispose();
  });
});
