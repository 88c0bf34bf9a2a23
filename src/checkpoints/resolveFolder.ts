import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CheckpointError } from './checkpointError.js';
import type { HubOptions } from './hub.js';
import { ownLayout } from './otherModels.js';
import { latestCheckpoint } from './runFolder.js';

/**
 * Finds a model folder: a local one as it is, of a training run the newest checkpoint, or a model of the
 * Hugging Face Hub by its name, `owner/name` or `owner/name@revision`, which is downloaded into (or found in) the cache that Python's library uses.
 * @throws CheckpointError saying what to do when there is neither.
 */
export async function resolveModelFolder(
  pathOrHubId: string,
  options: HubOptions = {},
): Promise<string> {
  if (existsSync(pathOrHubId)) {
    if (statSync(pathOrHubId).isDirectory()) {
      const folder = latestCheckpoint(pathOrHubId) ?? pathOrHubId;
      return checked(folder, folder);
    }
    throw new CheckpointError(
      `${pathOrHubId} is a file; a model is the folder that holds config.json.`,
    );
  }
  const { downloadModel, parseHubName } = await import('./hub.js');
  const named = parseHubName(pathOrHubId);
  if (named) {
    const { name, revision = options.revision } = named;
    try {
      return checked(await downloadModel(name, { ...options, revision }), name);
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
      const message = `There is no folder ${pathOrHubId} here. As a name at the Hugging Face Hub: ${error.message}`;
      throw new CheckpointError(message, { cause: error });
    }
  }
  throw new CheckpointError(
    `There is no model folder ${pathOrHubId}, and it is not a name at the Hugging Face Hub either (owner/name or owner/name@revision, as in qihoo360/fg-clip-base).`,
  );

  function checked(folder: string, where: string): string {
    const layout = options.layout ?? ownLayout(options);
    const names = readdirSync(folder, { recursive: layout.hasFolders }) as string[];
    const paths = names.map((name) => name.replaceAll('\\', '/'));
    layout.check(where, paths, (name) => (paths.includes(name) ? join(folder, name) : undefined));
    return folder;
  }
}
