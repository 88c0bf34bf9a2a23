import { existsSync } from 'node:fs';
import type { ModelArguments } from './modelOptions.js';

/**
 * What decides a model's answers; a JSON value.
 * @param name model folder or Hugging Face name
 */
export async function modelIdentity(
  name: string,
  { device, precision, patches, offline, fitted }: ModelArguments,
): Promise<Record<string, unknown> & { 'model sha256': string }> {
  const [{ resolveModelFolder }, { digestOfFile, digestOfModel }, { withDownloadBar }] =
    await Promise.all([
      import('../../src/checkpoints/resolveFolder.js'),
      import('../../src/checkpoints/modelDigest.js'),
      import('../../src/checkpoints/downloadBar.js'),
    ]);
  const folder = existsSync(name)
    ? await resolveModelFolder(name)
    : await withDownloadBar(name, (told) => resolveModelFolder(name, { offline, ...told }));
  return {
    'model sha256': await digestOfModel(folder),
    ...{ device, precision, patches },
    ...(fitted && { 'fit sha256': await Promise.all(fitted.map(digestOfFile)) }),
  };
}
