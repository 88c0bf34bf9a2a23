import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UserError } from '../../src/errors.js';
import type { ProposalSource } from './source.js';

/**
 * Opens a source of regions that somebody else wrote: the default export of a JavaScript module.
 * @throws UserError when the file cannot be loaded, or exports something else.
 */
export async function openModule(file: string): Promise<ProposalSource> {
  const loaded = await load(file);
  const source = loaded.default as Partial<ProposalSource> | undefined;
  if (typeof source?.propose === 'function') return source as ProposalSource;
  throw new UserError(
    `${file} is no source of regions: its default export must have a method propose({image, name}).`,
  );
}

async function load(file: string): Promise<{ default?: unknown }> {
  try {
    return await import(pathToFileURL(resolve(file)).href);
  } catch (error) {
    throw new UserError(`${file} cannot be loaded: ${(error as Error).message}`);
  }
}
