import type { Detector } from '../../detectors/detector.js';
import type { Prompt } from '../../detectors/prompts.js';
import type { FetchFile } from './imageInput.js';
import type { Limits } from './limits.js';
import type { PictureWork } from './pictureWork.js';
import type { WorkQueue } from './workQueue.js';

/** What the routes of a server have in common. */
export interface ServerContext {
  detector: Detector;
  /** The model's name. */
  model: string;
  limits: Limits;
  queue: WorkQueue;
  work: PictureWork;
  fetchFile: FetchFile;
  /** What is looked for where a request does not say. */
  labels: readonly Prompt[];
  /** Tells the person who runs the server something. */
  log(line: string): void;
}
