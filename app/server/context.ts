import type { Detector } from '../../detectors/detector.js';
import type { Prompt } from '../../detectors/prompts.js';
import type { AskedLabel } from './asked.js';
import type { Limits } from './limits.js';
import type { Metrics } from './metrics.js';
import type { PictureWork } from './pictureWork.js';
import type { SafeFetch } from './safeFetch.js';
import type { WorkQueue } from './workQueue.js';

/** What the routes of a server have in common. */
export interface ServerContext {
  detector: Detector;
  /** The model's name. */
  model: string;
  limits: Limits;
  queue: WorkQueue;
  work: PictureWork;
  fetcher: SafeFetch;
  metrics: Metrics;
  /** What is looked for where a request does not say. */
  labels: readonly AskedLabel[];
  /** Those of them that have examples, by their names. */
  shownLabels: ReadonlyMap<string, Prompt>;
  /** Tells the person who runs the server something. */
  log(line: string): void;
}
