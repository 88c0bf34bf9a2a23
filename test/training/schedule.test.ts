import { learningRateAt } from '../../training/schedule.js';

const run = { learningRate: 1e-3, warmupSteps: 2, steps: 6 };

test('warms up from zero, then falls along half a cosine', () => {
  const rates = [0, 1, 2, 3, 4, 5].map((step) => learningRateAt(step, run));
  const cosine = (step: number) => 1e-3 * 0.5 * (1 + Math.cos((Math.PI * (step - 2)) / 4));
  expect(rates).toEqual([0, 5e-4, 1e-3, cosine(3), cosine(4), cosine(5)]);
});

test('is at its highest at once without a warm-up, and zero at the end', () => {
  expect(learningRateAt(0, { ...run, warmupSteps: 0 })).toBe(1e-3);
  expect(learningRateAt(6, run)).toBe(0);
});

test('does not divide by zero when the warm-up is the whole run', () => {
  expect(learningRateAt(6, { ...run, warmupSteps: 6 })).toBe(1e-3);
});
