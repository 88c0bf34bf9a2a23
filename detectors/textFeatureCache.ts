import { createHash } from 'node:crypto';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openSafetensors, writeSafetensors } from '../src/checkpoints/safetensors.js';
import { readSafetensorsHeader } from '../src/checkpoints/safetensorsHeader.js';
import type { RunOptions } from '../src/fgclip/model.js';
import { cacheFolder, dropOldest } from '../src/files/cacheFolder.js';
import { mostBytes, readWhole } from '../src/files/regularFile.js';
import { ndarray } from '../src/jit/ndarray.js';
import { slowTokenizerFiles } from '../src/text/slowTokenizer.js';
import { type Features, features } from './features.js';
import { detectorWeights, replaceTensors } from './proposals/networkFile.js';

const tensorName = 'text_features';
const samples = 64;
const sampleBytes = 4096;
/** Where lists of texts are kept, and how many: the least recently made go. */
export interface CacheRoom {
  /** A folder of the user's cache. */
  kind: string;
  files: number;
}

/**
 * Features of lists of texts, kept on the disk from one run to the next. A list is found again only
 * for the same texts, weights and tokenizer: in the model folder, if it brings it along, else in the
 * user's cache folder ($XDG_CACHE_HOME/fgdet, ~/.cache/fgdet).
 */
export class TextFeatureCache {
  readonly #model: string;
  readonly #run: string;
  readonly #room: CacheRoom;
  #identity?: Promise<string>;
  #wrote = false;

  /**
   * @param model the model folder.
   * @param run what else the last bits depend on: `runName`.
   * @param room default: for long lists.
   */
  constructor(model: string, run: string, room: CacheRoom = { kind: 'texts', files: 64 }) {
    this.#model = model;
    this.#run = run;
    this.#room = room;
  }

  /** The features of `texts`: read if they were kept, else computed and kept. */
  async get(texts: readonly string[], compute: () => Promise<Features>): Promise<Features> {
    const known = await this.read(texts);
    if (known) return known;
    const computed = await compute();
    await this.keep(texts, computed);
    return computed;
  }

  /** The features of `texts`, if they were kept. */
  async read(texts: readonly string[]): Promise<Features | undefined> {
    const key = await this.#key(texts);
    const own = await this.#ownKey(key);
    const known =
      readKept(join(this.#model, detectorWeights), key) ?? readKept(this.#file(own), own);
    return known?.count === texts.length ? known : undefined;
  }

  /** Keeps the features of `texts`. A cache that cannot be written only costs time. */
  async keep(texts: readonly string[], computed: Features): Promise<void> {
    const own = await this.#ownKey(await this.#key(texts));
    const { kind, files } = this.#room;
    await write(this.#file(own), own, computed)
      .then(() => {
        if (this.#wrote && files > 1000) return;
        this.#wrote = true;
        return dropOldest(cacheFolder(kind), { files });
      })
      .catch(() => {});
  }

  /** Puts the features of `texts` into the model folder, for whoever gets it. */
  async ship(texts: readonly string[], computed: Features): Promise<void> {
    const { values, count, dimension } = computed;
    const array = ndarray(values, [count, dimension]);
    const key = await this.#key(texts);
    await replaceTensors(this.#model, (name) => name === tensorName, [[tensorName, array]], {
      key,
    });
  }

  #file(key: string): string {
    return join(cacheFolder(this.#room.kind), `${key}.safetensors`);
  }

  /** Samples may miss a change of the weights; on this machine, when files were written tells. */
  async #ownKey(key: string): Promise<string> {
    const names = (await readdir(this.#model)).filter((name) => /\.(json|safetensors)$/.test(name));
    const written = names.sort().map(async (name) => {
      const { size, mtimeMs } = await stat(join(this.#model, name));
      return [name, size, mtimeMs];
    });
    return createHash('sha256')
      .update(JSON.stringify([key, await Promise.all(written)]))
      .digest('hex');
  }

  async #key(texts: readonly string[]): Promise<string> {
    this.#identity ??= identityOf(this.#model);
    return createHash('sha256')
      .update(JSON.stringify([await this.#identity, this.#run, texts]))
      .digest('hex');
  }
}

/** Device and precision as one word, on which the last bits of features depend. */
export function runName({ device = 'cpu', precision = 'float32' }: RunOptions): string {
  return `${device} ${precision}`;
}

function readKept(file: string, key: string): Features | undefined {
  try {
    if (readSafetensorsHeader(file).metadata.key !== key) return undefined;
    const { data, shape } = openSafetensors(file).get(tensorName)!;
    return features(data as Float32Array, shape[1]);
  } catch {
    return undefined;
  }
}

function write(file: string, key: string, { values, count, dimension }: Features): Promise<void> {
  const tensors = { [tensorName]: ndarray(values, [count, dimension]) };
  return writeSafetensors(file, tensors, { metadata: { key } });
}

const tokenizerFiles: ReadonlySet<string> = new Set(['tokenizer.json', ...slowTokenizerFiles]);

/** A hash of the folder's tokenizer and of samples spread over its weights: reading them all takes long. */
async function identityOf(folder: string): Promise<string> {
  const hash = createHash('sha256');
  const names = (await readdir(folder)).filter(
    (name) =>
      tokenizerFiles.has(name) || (name.endsWith('.safetensors') && name !== detectorWeights),
  );
  for (const name of names.sort()) {
    const path = join(folder, name);
    hash.update(name);
    if (tokenizerFiles.has(name)) {
      hash.update(await readWhole(path, mostBytes.settings));
      continue;
    }
    const file = await open(path);
    try {
      await hashSamples(file, hash);
    } finally {
      await file.close();
    }
  }
  return hash.digest('hex');
}

async function hashSamples(file: FileHandle, hash: ReturnType<typeof createHash>): Promise<void> {
  const { size } = await file.stat();
  hash.update(`${size}`);
  const bytes = Buffer.alloc(sampleBytes);
  for (let i = 0; i < samples; i++) {
    const position = Math.floor((Math.max(size - sampleBytes, 0) * i) / (samples - 1));
    const { bytesRead } = await file.read(bytes, 0, sampleBytes, position);
    hash.update(bytes.subarray(0, bytesRead));
  }
}
