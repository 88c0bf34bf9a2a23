/** LVIS's evaluation of boxes and masks. Depends on ../coco and nothing else of this package. */
export { evaluateLvis, evaluateLvisMasks, type LvisLimit, lvisLimit } from './evaluate.js';
export { summarizeLvis } from './summarize.js';
export {
  type Frequency,
  type LvisAnnotationFile,
  type LvisGroundTruth,
  lvisGroundTruthOf,
} from './tables.js';
