import { existsSync } from 'node:fs';
import type { Detector } from '../detectors/detector.js';
import { UserError } from '../src/errors.js';
import type { ModelFamily } from '../src/modelFamily.js';
import { nameBoxes } from './boxNaming.js';
import { type DetectorTask, type DetectorTaskOptions, runDetectorTask } from './detectorTasks.js';
import type { EvaluatedModel } from './evaluatedModel.js';
import type { EvaluationTask } from './evaluationConfig.js';
import { boxesOf, runFeatureTask } from './featureTasks.js';
import type { TaskOutcome } from './taskOutcome.js';

/** What a task says of the detector, in place of what the model says. */
export interface WantedDetector {
  /** Where boxes come from. */
  proposals?: string;
  /** What cosines are multiplied by; other families than FG-CLIP have none. */
  temperature?: number;
}

/** What is evaluated; each is loaded where a task asks for it. */
export interface Evaluated {
  family: () => Promise<ModelFamily>;
  features: () => Promise<EvaluatedModel>;
  detector: (wanted?: WantedDetector) => Promise<Detector>;
}

/**
 * Runs one task of an evaluation.
 * @returns undefined while other processes have pictures to look at
 * @throws UserError naming a file that is missing, broken, or has nothing to judge
 */
export async function runTask(
  evaluated: Evaluated,
  task: EvaluationTask,
  { onProgress, kept, orientations }: DetectorTaskOptions,
): Promise<TaskOutcome | undefined> {
  switch (task.task) {
    case 'detection':
    case 'recall':
    case 'presence':
    case 'referring':
    case 'scores':
      return runDetectorTask(await detectorOf(evaluated, task), task, {
        ...{ onProgress, kept, orientations },
      });
    default: {
      // Families without comparable features name boxes by a rule of their own.
      if (task.task === 'boxes' && (await evaluated.family()) === 'photos') {
        const { pictures, names } = await boxesOf(task);
        const detector = await evaluated.detector();
        const accuracy = await nameBoxes(detector, pictures, names, { onProgress, orientations });
        return { measures: { ...accuracy }, files: [] };
      }
      const model = await evaluated.features();
      const measures = await runFeatureTask(model, task, { onProgress, orientations });
      return { measures, files: [] };
    }
  }
}

/** The detector that a task measures. */
export function detectorOf(
  evaluated: Pick<Evaluated, 'detector'>,
  task: DetectorTask,
): Promise<Detector> {
  const { proposals, temperature } = task;
  // A results file of boxes goes by the pictures of the task's annotations, if no others are named.
  const alone = proposals?.startsWith('file:') && !proposals.includes(',');
  return evaluated.detector({
    proposals: alone && 'annotations' in task ? `${proposals},${task.annotations}` : proposals,
    temperature,
  });
}

/** Fields that name files and folders. */
const fileFields = [
  'annotations',
  'records',
  'instances',
  'images',
  'imageList',
  'classes',
  'distractors',
] as const;

/** @throws UserError naming a file or folder of a task that is missing, and where it comes from. */
export function checkFiles(name: string, task: EvaluationTask): void {
  const { source, ...fields } = task;
  const named: Partial<Record<string, unknown>> = fields;
  for (const field of fileFields) {
    const file = named[field];
    if (typeof file !== 'string' || existsSync(file)) continue;
    throw new UserError(
      `The task "${name}" needs ${file} ("${field}"), which is not there.${source ? ` ${source}` : ''}`,
    );
  }
}
