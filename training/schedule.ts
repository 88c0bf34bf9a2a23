/**
 * The learning rate of step `step` (counted from 0) of `steps`: linear warm-up from zero over
 * `warmupSteps`, then half a cosine down to zero at the end, as the Trainer of Hugging Face
 * transformers does it. The first step of a warm-up therefore runs at rate 0.
 */
export function learningRateAt(
  step: number,
  options: { learningRate: number; warmupSteps: number; steps: number },
): number {
  const { learningRate, warmupSteps, steps } = options;
  if (step < warmupSteps) return (learningRate * step) / warmupSteps;
  const progress = (step - warmupSteps) / Math.max(1, steps - warmupSteps);
  return learningRate * Math.max(0, 0.5 * (1 + Math.cos(Math.PI * progress)));
}
