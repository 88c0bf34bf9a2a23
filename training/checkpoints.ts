import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { checkpointsFolder, listCheckpoints } from '../src/checkpoints/runFolder.js';
import { openSafetensors, writeSafetensors } from '../src/checkpoints/safetensors.js';
import { UserError } from '../src/errors.js';
import { readJsonFile } from '../src/files/jsonFile.js';
import type { NdArray } from '../src/jit/ndarray.js';
import type { TrainState } from './optimizer.js';

/** What state.json of a checkpoint holds. */
const infoSchema = z.object({
  /** Steps done. */
  step: z.int().nonnegative(),
  /** The settings that shaped the weights, by dotted name. */
  settings: z.record(z.string(), z.unknown()),
  /** Records there were, and the place in their order that the next step begins at. */
  data: z.object({ records: z.number(), epoch: z.number(), position: z.number() }).optional(),
  /** Pictures at a time. */
  microBatch: z.number().optional(),
  /** `TrainState.margin` */
  margin: z.number().optional(),
});

export type CheckpointInfo = z.infer<typeof infoSchema>;

/** Deletes what a run that was killed while writing a checkpoint left behind. */
export async function removeUnfinishedCheckpoints(output: string): Promise<void> {
  const folder = checkpointsFolder(output);
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    if (name.endsWith('.tmp')) await rm(join(folder, name), { recursive: true, force: true });
  }
}

/**
 * Writes a checkpoint: a model folder, with the optimizer's moments and state.json beside. The folder
 * appears under its name only when it is complete. Older ones beyond `keep` are deleted.
 * @param info.write writes the model's files into the folder it is given.
 * @returns the checkpoint's folder.
 */
export async function saveCheckpoint(
  output: string,
  state: TrainState,
  info: Omit<CheckpointInfo, 'step' | 'margin'> & {
    keep: number;
    write: (folder: string) => Promise<void>;
  },
): Promise<string> {
  const name = `step-${String(state.step).padStart(6, '0')}`;
  const folder = join(checkpointsFolder(output), name);
  const temporary = join(checkpointsFolder(output), `.${name}.${randomUUID()}.tmp`);
  await mkdir(temporary, { recursive: true });
  const { keep, write, ...lasting } = info;
  try {
    await write(temporary);
    await writeSafetensors(join(temporary, 'optimizer.safetensors'), [
      ...prefixed('first', state.first),
      ...prefixed('second', state.second),
    ]);
    const content: CheckpointInfo = { step: state.step, margin: state.margin, ...lasting };
    await writeFile(join(temporary, 'state.json'), `${JSON.stringify(content, null, 2)}\n`);
    await rm(folder, { recursive: true, force: true });
    await rename(temporary, folder);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
  for (const old of listCheckpoints(output).slice(0, -keep)) {
    await rm(old, { recursive: true, force: true });
  }
  return folder;
}

/**
 * Reads the state.json of a checkpoint.
 * @throws UserError when it is missing or not ours.
 */
export function readCheckpointInfo(folder: string): CheckpointInfo {
  return readJsonFile(join(folder, 'state.json'), infoSchema, 'the state of a checkpoint');
}

/**
 * Adam's moments of a checkpoint, in memory.
 * @param names the parameters there must be moments for.
 * @throws UserError for damaged or missing moments.
 */
export async function loadMoments(
  folder: string,
  names: string[],
): Promise<Pick<TrainState, 'first' | 'second'>> {
  const file = join(folder, 'optimizer.safetensors');
  const arrays = openSafetensors(file);
  const moment = async (prefix: string) => {
    const entries = names.map(async (name): Promise<[string, NdArray]> => {
      const array = arrays.get(`${prefix}.${name}`);
      if (array) return [name, await array.read()];
      throw new UserError(`${folder} cannot be resumed: ${file} lacks ${prefix}.${name}.`);
    });
    return Object.fromEntries(await Promise.all(entries));
  };
  return { first: await moment('first'), second: await moment('second') };
}

/** @throws UserError naming each setting in which a run differs from the checkpoint it would resume. */
export function checkSameSettings(
  folder: string,
  saved: Record<string, unknown>,
  current: Record<string, unknown>,
): void {
  const names = [...new Set([...Object.keys(saved), ...Object.keys(current)])];
  const show = (value: unknown) => (value === undefined ? 'absent' : JSON.stringify(value));
  const changed = names.filter((name) => show(saved[name]) !== show(current[name]));
  if (changed.length === 0) return;
  const lines = changed.map(
    (name) => `  ${name}: ${show(saved[name])} then, ${show(current[name])} now`,
  );
  throw new UserError(
    `The config has changed since the checkpoint ${folder}:\n${lines.join('\n')}\n` +
      'Restore these settings to resume, start over with --fresh, or give another --output.',
  );
}

function prefixed(prefix: string, arrays: Record<string, NdArray>): [string, NdArray][] {
  return Object.entries(arrays).map(([name, array]) => [`${prefix}.${name}`, array]);
}
