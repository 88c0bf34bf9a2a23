import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { readJson, readJsonFile } from '../files/jsonFile.js';
import { mostBytes } from '../files/regularFile.js';
import { readTextSync } from '../files/textFile.js';
import { bos, clipTokenizer, eos } from './clipTokenizer.js';

const vocabSchema = z.record(z.string(), z.int().nonnegative());

/** The files of CLIP's tokenizer as Python's slow one is saved: `CLIPTokenizer` of transformers before 5. */
export const slowTokenizerFiles = ['vocab.json', 'merges.txt'] as const;

/**
 * The content of tokenizer.json in a model folder, made of vocab.json and merges.txt where these are all there is.
 * @throws UserError naming the file that is missing or broken.
 */
export function readTokenizerJson(folder: string): unknown {
  const file = join(folder, 'tokenizer.json');
  const [vocabFile, mergesFile] = slowTokenizerFiles.map((name) => join(folder, name));
  if (existsSync(file)) return readJson(file, mostBytes.settings);
  const missing = slowTokenizerFiles.filter((name) => !existsSync(join(folder, name)));
  if (missing.length > 0) {
    throw new UserError(
      `${folder} has no tokenizer: neither tokenizer.json nor, in its place, ${missing.join(' and ')}.`,
    );
  }
  const vocab = readJsonFile(vocabFile, vocabSchema, 'a vocabulary', mostBytes.settings);
  for (const token of [bos, eos]) {
    if (Object.hasOwn(vocab, token)) continue;
    throw new UserError(
      `${vocabFile} has no "${token}", which CLIP's tokenizer puts around texts.`,
    );
  }
  const merges = readTextSync(mergesFile, mostBytes.settings)
    .split(/\r?\n/)
    .filter((line, i) => line !== '' && !(i === 0 && line.startsWith('#version')));
  const wrong = merges.find((line) => !/^\S+ \S+$/.test(line));
  if (wrong !== undefined) {
    throw new UserError(`${mergesFile}: "${wrong.slice(0, 80)}" is no pair of symbols.`);
  }
  return clipTokenizer(vocab, merges);
}
