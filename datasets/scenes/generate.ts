import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Worker } from 'node:worker_threads';
import { UserError } from '../../src/errors.js';
import { writeTextAtomically } from '../../src/files/atomicFile.js';
import { systemReason } from '../../src/files/systemReason.js';
import { type DatasetSummary, writeDataset } from './datasetFiles.js';
import { completeOptions, type DatasetOptions } from './options.js';
import { type PartSource, partExists, partLength, partsFolder } from './parts.js';
import type { WorkerAnswer } from './scenes.worker.js';
import { thingsOf } from './sprites.js';

/** How a data set is made; none of it changes what it shows. */
export interface GenerateOptions extends DatasetOptions {
  /** Folder for the data set. */
  output: string;
  /** Threads that draw; by default one per core. */
  workers?: number;
  /** Called with the number of finished pictures, at the start and after each part. */
  onProgress?: (done: number, total: number) => void;
  /** Stops the work; calling again with the same options goes on from there. */
  signal?: AbortSignal;
}

/** A finished data set. */
export interface GeneratedDataset extends DatasetSummary {
  folder: string;
  /** Pictures that were drawn by this call; the others were there. */
  drawn: number;
}

/**
 * Makes a data set of scenes: `images/`, `annotations.json` and `pairs.json` (COCO), `finehard.json`
 * (FineHARD records) and `dataset.json`. A folder that an earlier call left unfinished is completed; the files are the same,
 * byte for byte, whatever the number of workers and interruptions.
 * @throws UserError for options that cannot be met, and for a folder that holds something else.
 */
export async function generateScenes(options: GenerateOptions): Promise<GeneratedDataset> {
  const folder = resolve(options.output);
  const source: PartSource = { folder, options: completeOptions(options) };
  // Says early, and once, that an icon set is missing.
  for (const style of source.options.styles) thingsOf(style);
  const finished = await readFinished(source);
  if (finished) return { folder, drawn: 0, ...finished };
  await claimFolder(source);

  const { count } = source.options;
  const parts = Math.ceil(count / partLength);
  const missing = Array.from({ length: parts }, (_, part) => part).filter(
    (part) => !partExists(folder, part),
  );
  const lengthOf = (part: number) => Math.min(partLength, count - part * partLength);
  const drawn = missing.reduce((sum, part) => sum + lengthOf(part), 0);
  let done = count - drawn;
  options.onProgress?.(done, count);
  await makeParts(
    source,
    missing,
    options.workers ?? availableParallelism(),
    options.signal,
    (part) => {
      done += lengthOf(part);
      options.onProgress?.(done, count);
    },
  );
  const summary = await writeDataset(source);
  await rm(partsFolder(folder), { recursive: true });
  return { folder, drawn, ...summary };
}

/** The summary of the folder's data set if it is finished. */
async function readFinished({ folder, options }: PartSource): Promise<DatasetSummary | undefined> {
  const path = join(folder, 'dataset.json');
  if (!existsSync(path)) return undefined;
  const found = JSON.parse(await readFile(path, 'utf8'));
  checkSame(folder, found.options, options);
  await rm(partsFolder(folder), { recursive: true, force: true });
  return { pictures: found.pictures, objects: found.objects };
}

/** Marks the folder as one where this data set is being made. */
async function claimFolder({ folder, options }: PartSource): Promise<void> {
  const path = join(partsFolder(folder), 'options.json');
  if (existsSync(path)) {
    checkSame(folder, JSON.parse(await readFile(path, 'utf8')), options);
    return;
  }
  for (const name of ['images', 'annotations.json', 'pairs.json', 'finehard.json']) {
    if (existsSync(join(folder, name))) {
      throw new UserError(
        `${folder} already has ${name}, but no dataset.json that says where from. Choose another output folder.`,
      );
    }
  }
  try {
    await writeTextAtomically(path, JSON.stringify(options));
  } catch (error) {
    throw new UserError(`Cannot write to ${folder}: ${systemReason(error)}`, { cause: error });
  }
}

function checkSame(folder: string, found: object, wanted: object): void {
  // Through JSON, as the found ones went.
  const asked = JSON.parse(JSON.stringify(wanted)) as Record<string, unknown>;
  const there = found as Record<string, unknown>;
  const different = Object.keys(asked).filter((key) => !isDeepStrictEqual(there[key], asked[key]));
  if (different.length === 0) return;
  const changes = different.map(
    (key) => `${key} ${JSON.stringify(there[key])}, not ${JSON.stringify(asked[key])}`,
  );
  throw new UserError(
    `${folder} holds scenes made with other options (${changes.join('; ')}). Choose another output folder, or delete this one.`,
  );
}

async function makeParts(
  source: PartSource,
  missing: readonly number[],
  workers: number,
  signal: AbortSignal | undefined,
  onPart: (part: number) => void,
): Promise<void> {
  const queue = [...missing];
  const threads: Worker[] = [];
  const runs = Array.from({ length: Math.min(workers, queue.length) }, async () => {
    const worker = new Worker(new URL('./scenes.worker.js', import.meta.url), {
      workerData: source,
    });
    threads.push(worker);
    for (let part = queue.shift(); part !== undefined; part = queue.shift()) {
      signal?.throwIfAborted();
      onPart(await ask(worker, part, signal));
    }
  });
  try {
    await Promise.all(runs);
  } finally {
    await Promise.all(threads.map((worker) => worker.terminate()));
  }
}

function ask(worker: Worker, part: number, signal?: AbortSignal): Promise<number> {
  return new Promise((done, fail) => {
    const release = () => {
      worker.off('message', answered);
      worker.off('error', failed);
      worker.off('exit', exited);
      signal?.removeEventListener('abort', aborted);
    };
    const settle = (action: () => void) => {
      release();
      action();
    };
    const answered = (answer: WorkerAnswer) =>
      settle(() => {
        if ('part' in answer) done(answer.part);
        else fail(answer.forPeople ? new UserError(answer.error) : new Error(answer.error));
      });
    const failed = (error: Error) => settle(() => fail(error));
    const exited = () => settle(() => fail(new Error('A drawing thread ended early.')));
    const aborted = () => settle(() => fail(signal!.reason));
    worker.on('message', answered);
    worker.on('error', failed);
    worker.on('exit', exited);
    signal?.addEventListener('abort', aborted);
    worker.postMessage(part);
  });
}
