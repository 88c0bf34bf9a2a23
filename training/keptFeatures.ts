import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type TensorSource, writeSafetensors } from '../src/checkpoints/safetensors.js';
import { UserError } from '../src/errors.js';
import { fromFloat16, toFloat16 } from '../src/jit/halfPrecision.js';

const largestHalf = 65504;

/**
 * The file in `folder` of what a frozen network saw in a picture, whether it is there or not. A picture that has been
 * written anew, or is shown in another way, has another file.
 * @param shown how the picture is shown, as JSON can hold it
 * @throws UserError when the picture cannot be found.
 */
export async function featureFile(
  { folder }: { folder: string },
  picture: string,
  shown: object,
): Promise<string> {
  const { size, mtimeMs } = await stat(picture).catch(({ code, message }) => {
    throw new UserError(
      code === 'ENOENT' ? `${picture}: there is no such file.` : `${picture}: ${message}`,
    );
  });
  const key = createHash('sha256').update(JSON.stringify([resolve(picture), size, mtimeMs, shown]));
  return join(folder, `${key.digest('hex').slice(0, 32)}.safetensors`);
}

/**
 * Writes what was seen in a picture, as float16.
 * @param otherwise what to do when there is no room, as the end of a sentence "Make room …, or …".
 * @throws UserError when there is no room.
 */
export async function writeFeatures(
  file: string,
  tensors: [string, TensorSource][],
  otherwise: string,
): Promise<void> {
  await writeSafetensors(file, tensors, { dtype: 'F16' }).catch(({ message }) => {
    throw new UserError(
      `Features cannot be kept in ${file}: ${message} Make room and start the command again, or ${otherwise}.`,
    );
  });
}

/** The values as they are read again: rounded to float16, the largest where they are beyond it. */
export function roundedToHalf(values: Float32Array): Float32Array {
  const inRange = values.map((value) => Math.max(-largestHalf, Math.min(largestHalf, value)));
  return fromFloat16(toFloat16(inRange));
}
