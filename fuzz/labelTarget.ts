import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { guessFormat, type LabelFormatName, labelFormat } from '../datasets/labels/formats.js';
import { UserError } from '../src/errors.js';
import type { FuzzTarget } from './target.js';

export interface LabelTargetOptions {
  format: LabelFormatName;
  /** What the input is the content of, inside the folder of labels. */
  file: string;
  /** What is read: inside that folder. Default: the file. */
  labels?: string;
  /** Files beside it. */
  beside?: Record<string, string | Uint8Array>;
  seeds: readonly (string | object)[];
}

/** Reads labels that came from somebody; what could be read can be written and read again. */
export function labelTarget(options: LabelTargetOptions): FuzzTarget {
  const { format: name, file, labels = file, beside = {}, seeds } = options;
  const format = labelFormat(name);
  return {
    seeds: () =>
      seeds.map((seed) => Buffer.from(typeof seed === 'string' ? seed : JSON.stringify(seed))),
    async read(input, folder) {
      const place = (own: string, content: string | Uint8Array) => {
        mkdirSync(dirname(join(folder, own)), { recursive: true });
        writeFileSync(join(folder, own), content);
      };
      mkdirSync(join(folder, 'images'), { recursive: true });
      for (const [own, content] of Object.entries(beside)) place(own, content);
      place(file, input);
      const path = join(folder, labels);
      await guessFormat(path).catch(forPeople);
      const images = join(folder, 'images');
      const set = await format.read(path, { images });
      // Files take time.
      if (input.length % 4 > 0) return;
      const output = join(folder, 'written', format.folder ? '' : `labels${format.extension}`);
      rmSync(join(folder, 'written'), { recursive: true, force: true });
      mkdirSync(join(folder, 'written'));
      await format.write(set, output, { images });
      // YOLO's labels are for pictures that are there.
      if (name === 'yolo') return;
      await format.read(output, { images }).catch((cause: Error) => {
        throw new Error(`What was written cannot be read: ${cause.message}`, { cause });
      });
    },
  };
}

function forPeople(error: unknown): void {
  if (!(error instanceof UserError)) throw error;
}
