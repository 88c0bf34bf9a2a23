import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const namePattern = /^step-(\d{6,})$/;

/** The folder that holds a run's checkpoints. */
export function checkpointsFolder(output: string): string {
  return join(output, 'checkpoints');
}

/** The checkpoint folders of a run, oldest first. */
export function listCheckpoints(output: string): string[] {
  const folder = checkpointsFolder(output);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .flatMap((name) => {
      const match = namePattern.exec(name);
      return match ? [{ name, step: Number(match[1]) }] : [];
    })
    .sort((a, b) => a.step - b.step)
    .map(({ name }) => join(folder, name));
}

/** The newest checkpoint folder of a run, or null when it has none. */
export function latestCheckpoint(output: string): string | null {
  return listCheckpoints(output).at(-1) ?? null;
}
