/** COCO's evaluation of boxes. Depends on nothing else of this package. */
export type { Evaluation, NumberTable } from './accumulate.js';
export { evaluateBoxes } from './evaluate.js';
export type { CategoryMatches } from './match.js';
export { type AreaRange, cocoParameters, type Parameters } from './parameters.js';
export * from './summarize.js';
export {
  type AnnotationFile,
  type Detections,
  detectionsOf,
  type GroundTruth,
  groundTruthOf,
  type ResultEntry,
} from './tables.js';
