import { join } from 'node:path';
import { UserError } from '../../src/errors.js';
import { readJson } from '../../src/files/jsonFile.js';
import { packageRoot } from '../../src/files/packageRoot.js';

/** A list of names beside this file's source. */
export function listedNames(list: 'coco' | 'background'): string[] {
  return readJson(join(packageRoot, 'scripts', 'photos', `${list}.json`)) as string[];
}

/**
 * The names of ImageNet's classes.
 * @param synsets WordNet's number of each class, a line each
 * @param lemmas a number, a tab and its synonyms between commas in each line
 */
export function imageNetNames(synsets: string, lemmas: string): string[] {
  const names = new Map(lemmas.split('\n').map((line) => line.split('\t') as [string, string]));
  return synsets
    .trim()
    .split('\n')
    .map((synset) => {
      const name = names.get(synset.trim());
      if (!name) throw new UserError(`imagenet_synset_to_lemma.txt has no ${synset}.`);
      return name.trim();
    });
}
