import { existsSync, statSync } from 'node:fs';
import { CheckpointError } from './checkpointError.js';
import type { HubOptions } from './hub.js';
import { latestCheckpoint } from './runFolder.js';

/**
 * Finds a model folder: a local one as it is, of a training run the newest checkpoint, or a model of the
 * Hugging Face Hub by its name `owner/name`, which is downloaded into (or found in) the cache that Python's library uses.
 * @throws CheckpointError saying what to do when there is neither.
 */
export async function resolveModelFolder(
  pathOrHubId: string,
  options: HubOptions = {},
): Promise<string> {
  if (existsSync(pathOrHubId)) {
    if (statSync(pathOrHubId).isDirectory()) return latestCheckpoint(pathOrHubId) ?? pathOrHubId;
    throw new CheckpointError(
      `${pathOrHubId} is a file; a model is the folder that holds config.json.`,
    );
  }
  const { downloadModel, isHubName } = await import('./hub.js');
  if (isHubName(pathOrHubId)) {
    return downloadModel(pathOrHubId, options).catch((error) => {
      if (!(error instanceof CheckpointError)) throw error;
      const message = `There is no folder ${pathOrHubId} here. As a name at the Hugging Face Hub: ${error.message}`;
      throw new CheckpointError(message, { cause: error });
    });
  }
  throw new CheckpointError(
    `There is no model folder ${pathOrHubId}, and it is not a name at the Hugging Face Hub either (owner/name, as in qihoo360/fg-clip-base).`,
  );
}
