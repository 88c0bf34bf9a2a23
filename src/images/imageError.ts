import { UserError } from '../errors.js';

/** A picture that cannot be used. The message names the file and the reason. */
export class ImageError extends UserError {
  override name = 'ImageError';

  constructor(
    /** The picture's file name, address or description. */
    readonly source: string,
    /** What is wrong with it, without the name. */
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`${source}: ${reason}`, options);
  }
}
