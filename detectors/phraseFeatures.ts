import { LRUCache } from 'lru-cache';
import { inWritingOf } from '../src/text/han.js';
import type { ContrastVocabulary } from './contrast.js';
import { concatenated, dotProducts, type Features, slice } from './features.js';
import { type Pace, untilAborted } from './pace.js';
import type { PatchModel } from './patchModel.js';
import { fillTemplate, type Prompt } from './prompts.js';
import type { Query } from './regions/classifier.js';
import { classFeatures } from './regions/closedVocabulary.js';

/** Texts whose features are kept. */
const keptTexts = 20_000;

/** Texts of a prompt that are encoded in one piece: nothing else of the process goes on meanwhile. */
const textsTogether = 16;

/** What a prompt asks, before a call's negatives are added. */
export type PromptFeatures = Omit<Query, 'negatives'>;

/**
 * Text features of prompts, computed once and kept. The texts of one prompt go through the model
 * together, or in pieces where there are many, and without those of other prompts: the last bits of a feature can depend on the batch, and
 * a score must not depend on the other prompts.
 */
export class PhraseFeatures {
  readonly #model: PatchModel;
  readonly #templates: readonly string[];
  readonly #vocabulary: ContrastVocabulary;
  readonly #sameMeaning: number;
  readonly #kept = new LRUCache<string, Promise<PromptFeatures>>({ maxSize: keptTexts });
  #contrast?: Promise<Features>;

  /** @param sameMeaning cosine from which a noun of the vocabulary means the same as a prompt. */
  constructor(
    model: PatchModel,
    vocabulary: ContrastVocabulary,
    templates: readonly string[],
    sameMeaning: number,
  ) {
    this.#model = model;
    this.#vocabulary = vocabulary;
    this.#templates = templates;
    this.#sameMeaning = sameMeaning;
  }

  /** The contrast vocabulary's nouns, in the order of `contrast`. */
  get nouns(): readonly string[] {
    return this.#vocabulary.nouns;
  }

  /** Unit features of the contrast vocabulary. */
  contrast(): Promise<Features> {
    const model = this.#model;
    this.#contrast ??= this.#embed(this.#vocabulary.nouns, (texts) =>
      model.vocabularyFeatures ? model.vocabularyFeatures(texts) : model.textFeatures(texts),
    );
    return this.#contrast;
  }

  /** What a prompt asks: its features, and which of the contrast it faces. */
  async prompt(prompt: Prompt, pace: Pace = untilAborted()): Promise<PromptFeatures> {
    const key = prompt.phrasings.join('|');
    for (let known = this.#kept.get(key); known; known = this.#kept.get(key)) {
      // Who began with it may have given up.
      const features = await known.catch(() => undefined);
      if (features) return features;
    }
    const counterparts = this.#vocabulary.counterparts(prompt);
    const made = this.#make(prompt, counterparts, pace);
    this.#kept.set(key, made, { size: prompt.phrasings.length + counterparts.length });
    made.catch(() => this.#kept.delete(key));
    return made;
  }

  async #make(
    prompt: Prompt,
    counterparts: readonly string[],
    pace: Pace,
  ): Promise<PromptFeatures> {
    const phrases = [...prompt.phrasings, ...counterparts];
    const together = Math.ceil(textsTogether / this.#templates.length);
    const pieces: Features[] = [];
    for (let start = 0; start < phrases.length; start += together) {
      const piece = phrases.slice(start, start + together);
      pieces.push(await pace(() => this.#embed(piece)));
    }
    const texts = concatenated(pieces);
    const phrasings = slice(texts, 0, prompt.phrasings.length);
    const contrast = await this.contrast();
    const leftOut = this.#vocabulary.leftOut(prompt);
    dotProducts(contrast, phrasings).forEach((cosine, i) => {
      if (cosine >= this.#sameMeaning) leftOut.add(Math.floor(i / phrasings.count));
    });
    return { phrasings, counterparts: slice(texts, prompt.phrasings.length, texts.count), leftOut };
  }

  /** Unit features of phrases: the mean over the templates. */
  async #embed(
    phrases: readonly string[],
    textFeatures = (texts: readonly string[]) => this.#model.textFeatures(texts),
  ): Promise<Features> {
    const texts = phrases.map((phrase) => sentencesOf(phrase, this.#templates));
    return classFeatures(groups(await textFeatures(texts.flat()), texts));
  }
}

/** A phrase in every template of its writing (`inWritingOf`). */
export function sentencesOf(phrase: string, templates: readonly string[]): string[] {
  return inWritingOf(phrase, templates).map((template) => fillTemplate(template, phrase));
}

/** The features of each phrase's texts, of those of all texts in order. */
export function groups(all: Features, texts: readonly (readonly string[])[]): Features[] {
  let end = 0;
  return texts.map(({ length }) => {
    end += length;
    return slice(all, end - length, end);
  });
}
