import { type NdArray, ndarray } from '../../src/jit/ndarray.js';
import { alone, type Ranks } from '../../src/ranks/ranks.js';
import type { TrainedModel } from '../../training/initialModel.js';
import { createTrainStep } from '../../training/step.js';
import type { StepOptions, TrainingBatch } from '../../training/stepOptions.js';
import type { LossParts, TrainStep } from '../../training/trainStep.js';
import { device } from '../device.js';
import { distance, expectWithin, norm } from '../golden.js';

export type Shape = Pick<StepOptions, 'batch' | 'microBatch' | 'regionBatch'>;

export interface StepGradients {
  losses: LossParts;
  gradients: Record<string, NdArray>;
  gradientNorm: number;
  margin?: number;
}

/** Takes single steps of a model, for the sake of their gradients. */
export class GradientSteps {
  readonly #model: TrainedModel;
  readonly #weights: Record<string, NdArray>;
  readonly #losses: Pick<StepOptions, 'regionalWeight' | 'hardWeight'>;
  /** Steps by their shape: what one has compiled, the next case of that shape runs. */
  readonly #steps = new Map<string, TrainStep<TrainingBatch>>();

  constructor(
    model: TrainedModel,
    weights: Record<string, NdArray>,
    losses: Pick<StepOptions, 'regionalWeight' | 'hardWeight'>,
  ) {
    this.#model = model;
    this.#weights = weights;
    this.#losses = losses;
  }

  /**
   * The gradients of one step: with betas of zero, Adam's first moment is the gradient.
   * @param micros of this rank
   */
  async of(
    micros: TrainingBatch[],
    shape: Shape,
    { ranks = alone, margin }: { ranks?: Ranks; margin?: number } = {},
  ): Promise<StepGradients> {
    const made = (values: (array: NdArray) => NdArray['data']) =>
      Object.fromEntries(
        Object.entries(this.#weights).map(([name, array]) => [
          name,
          ndarray(values(array), array.shape),
        ]),
      );
    const zeros = () => made(({ size }) => new Float32Array(size));
    // A step writes over what it is given.
    const parameters = made(({ data }) => data.slice());
    const state = { parameters, first: zeros(), second: zeros(), step: 0, margin };
    const result = await this.#stepOf(shape, ranks).run(state, () => micros, 1e-3);
    const read = Object.entries(result.state.first).map(async ([name, array]) => [
      name,
      await array.read(),
    ]);
    const gradients = Object.fromEntries(await Promise.all(read));
    return { ...result, gradients, margin: result.state.margin };
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.#steps.values()].map((step) => step.dispose()));
  }

  #stepOf(shape: Shape, ranks: Ranks): TrainStep<TrainingBatch> {
    const key = JSON.stringify([shape, ranks.rank, ranks.size]);
    const known = this.#steps.get(key);
    // Ranks that are made up know each other: a step of others cannot go on with them.
    if (known && ranks === alone) return known;
    const step = createTrainStep(this.#model, {
      ...shape,
      ...{ ranks, ...this.#losses, device },
      ...{ weightDecay: 0, beta1: 0, beta2: 0, epsilon: 1, clipNorm: null },
    });
    this.#steps.set(key, step);
    return step;
  }
}

/** Gradients of key biases are zero in exact arithmetic: what is found there is noise. */
export function expectSameGradients(
  golden: string,
  actual: Record<string, NdArray>,
  expected: Record<string, NdArray>,
  tolerance: number,
): void {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, gradient] of Object.entries(expected)) {
    const off = distance(actual[name], gradient);
    const relative = name.endsWith('k_proj.bias') ? off : off / Math.max(norm(gradient), 1e-9);
    expectWithin(golden, `gradient in parts ${name}`, relative, tolerance);
  }
}
