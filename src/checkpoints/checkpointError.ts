import { UserError } from '../errors.js';

/** A checkpoint file or folder that cannot be used. The message names the file, the tensor and what to do. */
export class CheckpointError extends UserError {
  override name = 'CheckpointError';
}
