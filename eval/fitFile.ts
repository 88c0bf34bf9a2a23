import type { Fit } from '../detectors/fit.js';
import { UserError } from '../src/errors.js';
import { writeTextAtomically } from '../src/files/atomicFile.js';
import type { EvaluationConfig } from './evaluationConfig.js';
import type { TaskOutcome } from './taskOutcome.js';

/** The name of the task that a fit is made from. @throws UserError when a config has none, or several. */
export function taskToFit({ tasks }: EvaluationConfig, file: string): string {
  const names = Object.keys(tasks).filter((name) => tasks[name].task === 'scores');
  if (names.length === 1) return names[0];
  throw new UserError(
    `--fit needs one task "scores" in ${file}, which ` +
      (names.length === 0 ? 'has none.' : `has ${names.length}: ${names.join(', ')}.`),
  );
}

/**
 * Writes the threshold and calibration that a task "scores" found, for `loadDetector`'s option `fitted`.
 * @param of what they are right for.
 * @throws UserError when all boxes were right, or all wrong, or better scores were not more often right.
 */
export async function writeFit(
  file: string,
  task: string,
  { measures }: TaskOutcome,
  of: Pick<Fit, 'model' | 'sha256' | 'boxes' | 'temperature'> & {
    annotations: string;
    /** Whether what was asked for had examples. */
    withExamples: boolean;
  },
): Promise<Fit> {
  const {
    'fitted threshold': threshold,
    'fitted slope': slope,
    'fitted offset': offset,
  } = measures;
  if (threshold === undefined) {
    throw new UserError(
      `Nothing can be fitted from the task "${task}": of its ${measures.boxes} boxes, too few were right, too few wrong, or ` +
        'better scores were not more often right. Take more pictures.',
    );
  }
  const { annotations, withExamples, ...model } = of;
  const calibration = {
    slope: Number(slope.toPrecision(6)),
    offset: Number(offset.toPrecision(6)),
  };
  const fit: Fit = {
    ...model,
    threshold: Number(threshold.toPrecision(4)),
    ...(withExamples ? { exampleCalibration: calibration } : { calibration }),
    measured: {
      ...{ annotations, pictures: measures.count, boxes: measures.boxes },
      'best F1': measures['best F1'],
    },
  };
  await writeTextAtomically(file, `${JSON.stringify(fit, null, 2)}\n`);
  return fit;
}
