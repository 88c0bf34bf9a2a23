import { createHash } from 'node:crypto';
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeAtomically } from '../files/atomicFile.js';
import { cacheFolder, dropOldest } from '../files/cacheFolder.js';
import { packageVersion } from '../files/packageRoot.js';
import type { EncodedGraph, Port } from './encodedGraph.js';
import type { NdArray } from './ndarray.js';
import { ort } from './onnxruntime.js';
import type { TreeStructure } from './tree.js';

/** A graph as it was traced, without its weights. */
export interface KeptGraph {
  encoded: EncodedGraph;
  outputStructure: TreeStructure;
  outputPaths: readonly string[];
}

/** What decides how a graph comes out. */
export interface GraphDescription {
  /** The function and the settings it was made with, as JSON can hold it. */
  identity: unknown;
  /** Structure, types and shapes of the arguments. */
  arguments: string;
  constants: { leaves: readonly NdArray[]; paths: readonly string[] };
}

/** The second line of a file, between the digest of all that follows it and the model. */
interface Head extends Omit<KeptGraph, 'encoded'> {
  key: string;
  inputs: readonly Port[];
  outputs: readonly Port[];
}

const bounds = { files: 512, bytes: 256 * 2 ** 20 };

/** Graphs with more bytes of constants inside are not kept: weights stay in their own files. */
const mostInside = 8 * 2 ** 20;

/** Whether graphs are kept at all: FGDET_GRAPH_CACHE=0 says no. */
function enabled(): boolean {
  return !['0', 'false', 'off'].includes(process.env.FGDET_GRAPH_CACHE ?? '');
}

/**
 * Under what a graph is kept on the disk, in `$XDG_CACHE_HOME/fgdet/graphs`; undefined where it cannot be. Weights
 * in files count by their place there, since the graph names the place and not the values; others by their values.
 */
export function graphKey(description: GraphDescription): string | undefined {
  if (!enabled()) return undefined;
  try {
    return keyOf(description);
  } catch {
    // Compiled files or weights are being replaced.
    return undefined;
  }
}

function keyOf(description: GraphDescription): string | undefined {
  const { leaves, paths } = description.constants;
  if (weightsFolder(leaves) === null) return undefined;
  const inside = leaves.filter(({ file }) => !file);
  if (inside.reduce((sum, { byteLength }) => sum + byteLength, 0) > mostInside) return undefined;
  const constants = leaves.map((array, index) => [
    paths[index],
    array.narrow?.type ?? array.dtype,
    array.shape,
    array.file
      ? [basename(realPath(array.file.path)), array.file.offset, array.file.length]
      : digest(array.bytes),
  ]);
  return createHash('sha256')
    .update(
      JSON.stringify([
        packageVersion(),
        codeStamp(),
        ort.env.versions,
        description.identity,
        description.arguments,
        constants,
      ]),
    )
    .digest('hex');
}

/**
 * The graph kept under a key. One that is missing, damaged or another's counts as none.
 * @param constants whose files the graph maps.
 */
export async function readGraph(
  key: string,
  constants: readonly NdArray[],
): Promise<KeptGraph | undefined> {
  try {
    const bytes = await readFile(fileOf(key));
    const [sum, content] = split(bytes);
    if (sum.toString() !== digest(content)) return undefined;
    const [line, model] = split(content);
    const head = JSON.parse(line.toString()) as Head;
    if (head.key !== key) return undefined;
    const { inputs, outputs, outputStructure, outputPaths } = head;
    const folder = weightsFolder(constants) ?? undefined;
    return { encoded: { model, inputs, outputs, folder }, outputStructure, outputPaths };
  } catch {
    return undefined;
  }
}

/** Keeps a graph for later processes. Where that is impossible, they trace it again. */
export async function keepGraph(key: string, graph: KeptGraph): Promise<void> {
  const { encoded, outputStructure, outputPaths } = graph;
  const { model, inputs, outputs, inMemory = [] } = encoded;
  if (inMemory.length > 0 || hasGaps(outputStructure)) return;
  const head: Head = { key, inputs, outputs, outputStructure, outputPaths };
  const content = Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), model]);
  try {
    await writeAtomically(fileOf(key), async (file) => {
      await file.writeFile(`${digest(content)}\n`);
      await file.writeFile(content);
    });
    await dropOldest(cacheFolder('graphs'), bounds);
  } catch {
    // A full disk or a home that cannot be written to.
  }
}

function fileOf(key: string): string {
  return join(cacheFolder('graphs'), `${key}.graph`);
}

/** What is before the first line break, and what is behind it. */
function split(bytes: Buffer): [line: Buffer, rest: Buffer] {
  const end = bytes.indexOf('\n');
  return [bytes.subarray(0, end), bytes.subarray(end + 1)];
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The one folder that constants' files lie in; undefined without files, null for several folders. */
function weightsFolder(constants: readonly NdArray[]): string | undefined | null {
  const folders = new Set(
    constants.flatMap(({ file }) => (file ? [dirname(realPath(file.path))] : [])),
  );
  return folders.size > 1 ? null : [...folders][0];
}

const realPaths = new Map<string, string>();

function realPath(path: string): string {
  let real = realPaths.get(path);
  if (real === undefined) {
    real = realpathSync(path);
    realPaths.set(path, real);
  }
  return real;
}

let stamp: string | undefined;

/** Sizes and times of this package's compiled code: a version may have been rebuilt with other operators. */
function codeStamp(): string {
  if (stamp === undefined) {
    const hash = createHash('sha256');
    const root = fileURLToPath(new URL('../..', import.meta.url));
    for (const folder of ['src', 'detectors']) {
      const names = readdirSync(join(root, folder), { recursive: true }) as string[];
      for (const name of names.filter((one) => one.endsWith('.js')).sort()) {
        const { size, mtimeMs } = statSync(join(root, folder, name));
        hash.update(`${folder}/${name} ${size} ${mtimeMs}\n`);
      }
    }
    stamp = hash.digest('hex');
  }
  return stamp;
}

/** Whether an entry was left out, for which JSON has no word. */
function hasGaps(structure: TreeStructure): boolean {
  if (structure === undefined) return true;
  return structure !== null && Object.values(structure).some(hasGaps);
}
