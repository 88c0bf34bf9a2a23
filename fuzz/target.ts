import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../src/errors.js';
import { packageRoot } from '../src/files/packageRoot.js';

/** A reader of what comes from outside. */
export interface FuzzTarget {
  /** What is changed to get other inputs: small, and together of every kind. */
  seeds(): Uint8Array[] | Promise<Uint8Array[]>;
  /**
   * Reads an input to the end. It may throw a UserError, and nothing else; whatever else it does wrong, it may say by
   * an error of its own.
   * @param folder for files; what is in it stays there for the next input
   */
  read(input: Uint8Array, folder: string): unknown;
  /** Milliseconds of the processor that an input may take. Default: 1000. */
  mostMs?: number;
}

const folder = new URL('./targets/', import.meta.url);

/** The names of all targets: a file each in `targets`. */
export const targetNames: readonly string[] = readdirSync(fileURLToPath(folder))
  .filter((name) => name.endsWith('.js'))
  .map((name) => name.slice(0, -'.js'.length))
  .sort();

/** @throws UserError naming the targets there are */
export function checkTarget(name: string): void {
  if (targetNames.includes(name)) return;
  throw new UserError(`There is no target "${name}"; there are ${targetNames.join(', ')}.`);
}

/** @throws UserError for a target that there is not */
export async function loadTarget(name: string): Promise<FuzzTarget> {
  checkTarget(name);
  const { target } = (await import(new URL(`${name}.js`, folder).href)) as { target: FuzzTarget };
  return target;
}

/** Inputs that are tests: a folder for each target. */
export const keptInputs = join(packageRoot, 'test/fixtures/fuzz');

/** Reads an input. @returns what was thrown though it is no UserError; undefined where all is well. */
export async function faultOf(
  target: FuzzTarget,
  input: Uint8Array,
  folder: string,
): Promise<unknown> {
  try {
    await target.read(input, folder);
  } catch (error) {
    return error instanceof UserError ? undefined : (error ?? new Error('nothing was thrown'));
  }
  return undefined;
}
