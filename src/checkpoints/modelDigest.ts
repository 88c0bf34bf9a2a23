import { createHash } from 'node:crypto';
import { createReadStream, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** SHA-256 of a file, in hexadecimal. @throws the file system's error when it cannot be read. */
export async function digestOfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** One digest of the settings and weights in a model folder: another model has another one. */
export function digestOfModel(folder: string): Promise<string> {
  return digestOf(folder, /\.(json|safetensors)$/);
}

/** The same of what decides the model's features, without settings such as a threshold. */
export function digestOfWeights(folder: string): Promise<string> {
  return digestOf(folder, /^(config\.json|model.*\.safetensors)$/);
}

async function digestOf(folder: string, files: RegExp): Promise<string> {
  const hash = createHash('sha256');
  const names = readdirSync(folder).filter((name) => files.test(name));
  for (const name of names.sort())
    hash.update(`${name} ${await digestOfFile(join(folder, name))}\n`);
  return hash.digest('hex');
}

/** What labelling tools are told of a model: its name, and the begin of its digest. */
export function modelVersion(name: string, digest: string): string {
  return `${name} ${digest.slice(0, 12)}`;
}
