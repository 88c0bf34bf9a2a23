import { realpathSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Graph } from './graph.js';
import { NdArray } from './ndarray.js';
import type { ExternalLocation } from './onnxProto.js';

/** Constants in memory below this many bytes travel inside the model. */
const inlineBytes = 1024;

/** Constants in memory that travel inside the model when others are mapped from files; a model may have 2 GB. */
const mostInline = 2 ** 30;

/**
 * Decides for each constant whether onnxruntime maps it from its file or is handed its memory. It does not
 * do both for one model, and maps files of one folder only.
 */
export class ConstantFiles {
  /** The folder from which files are mapped, if they are. */
  readonly folder: string | undefined;
  readonly inMemory: { path: string; data: Uint8Array }[] = [];

  constructor(graph: Graph, mapsFiles: boolean) {
    const arrays = graph.initializers.flatMap(({ data }) =>
      data instanceof NdArray ? [data] : [],
    );
    const folder = arrays.map(folderOf).find((name) => name !== undefined);
    const others = arrays.filter((array) => folderOf(array) !== folder);
    const inline = others.reduce((sum, array) => sum + array.byteLength, 0);
    if (mapsFiles && folder !== undefined && inline <= mostInline) this.folder = folder;
  }

  /** Where the bytes of a constant lie; undefined for inside of the model. */
  place(array: NdArray, name: string): ExternalLocation | undefined {
    if (this.folder === undefined) {
      if (array.byteLength < inlineBytes) return undefined;
      const data = array.bytes;
      this.inMemory.push({ path: name, data });
      return { location: name, offset: 0, length: data.byteLength };
    }
    const { file } = array;
    if (!file || folderOf(array) !== this.folder) return undefined;
    return {
      location: basename(realpathSync(file.path)),
      offset: file.offset,
      length: file.length,
    };
  }
}

/** The folder a file really lies in: onnxruntime refuses links that lead out of it, as in the Hub's cache. */
function folderOf({ file }: NdArray): string | undefined {
  return file && dirname(realpathSync(file.path));
}
