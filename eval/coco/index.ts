/** COCO's evaluation of boxes and masks. Depends on nothing else of this package. */

export * from '../../src/masks/index.js';
export type { Evaluation, NumberTable } from './accumulate.js';
export { evaluateBoxes, evaluateMasks } from './evaluate.js';
export { maskOverlap } from './maskOverlap.js';
export type { CategoryMatches } from './match.js';
export { type AreaRange, cocoParameters, type Parameters } from './parameters.js';
export * from './summarize.js';
export {
  type AnnotationFile,
  type Detections,
  detectionMasksOf,
  detectionsOf,
  type GroundTruth,
  groundTruthOf,
  type Masks,
  objectMasksOf,
  type ResultEntry,
} from './tables.js';
