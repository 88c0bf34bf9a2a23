import { setImmediate } from 'node:timers/promises';
import { UserError } from '../src/errors.js';
import type { TextLength } from '../src/fgclip/textLength.js';
import { boxIou, scaleBox, type Xyxy } from '../src/geometry/boxes.js';
import type { RgbImage } from '../src/images/rgbImage.js';
import { isHan } from '../src/text/han.js';
import { type ContrastDefinition, ContrastVocabulary } from './contrast.js';
import { evenly, type Looks, none } from './examples.js';
import type {
  Advice,
  Asked,
  BoxClassifier,
  ClassOptions,
  FeatureModel,
  FindOptions,
  Found,
  Region,
  SeenPart,
  Surroundings,
} from './featureModel.js';
import { concatenated, type Features, features, meanOfSets, normalised } from './features.js';
import { findAmong, findInViews } from './findPrompt.js';
import { type Heatmap, heatmapOf } from './heatmap.js';
import type { Pace } from './pace.js';
import type { PatchModel } from './patchModel.js';
import { groups, PhraseFeatures, type PromptFeatures, sentencesOf } from './phraseFeatures.js';
import type { PreparedPart, PreparedPicture, Sight } from './preparedPicture.js';
import type { Prompt } from './prompts.js';
import { windows } from './proposals/windows.js';
import { type Query, RegionClassifier } from './regions/classifier.js';
import { classFeatures, logProbabilities } from './regions/closedVocabulary.js';
import { exampleQuery } from './regions/exampleQuery.js';
import { type LookAlike, lookAlikes } from './regions/lookAlikes.js';
import { PictureRegions, regionsOf } from './regions/pictureRegions.js';
import { poolRegions } from './regions/pool.js';
import type { ContrastSettings } from './settings.js';
import { View } from './view.js';

/**
 * A family whose patches and texts lie in one space: a region is pooled from patches, and scores by its cosine
 * with the prompt against its cosines with general nouns, the contrast vocabulary.
 */
export class ContrastModel implements FeatureModel<Query> {
  readonly hasHeatmaps = true;
  /** As for the boxes of models/scenes: cosines of looks are high, and few of the middling ones are right. */
  readonly exampleCalibration = { slope: 3.5, offset: -1 };
  readonly #model: PatchModel;
  readonly #settings: ContrastSettings;
  readonly #source: 'network' | 'dense';
  readonly #phrases: PhraseFeatures;
  /** For prompts in Chinese, where the model reads them. */
  readonly #chinese: PhraseFeatures | undefined;
  #chineseClassifier?: Promise<RegionClassifier>;
  readonly #unwanted = new WeakMap<readonly Prompt[], Promise<Features>>();

  /**
   * @param source where its own regions come from. Default: the proposal network where there is one, else the
   *   patch features alone.
   * @throws UserError when the network is asked for and the model has none.
   */
  constructor(
    model: PatchModel,
    settings: ContrastSettings,
    source: 'network' | 'dense' = model.hasNetwork ? 'network' : 'dense',
  ) {
    if (source === 'network' && !model.hasNetwork) {
      throw new UserError(
        'The model has no proposal network: take dense proposals, or train one (docs/proposals.md).',
      );
    }
    this.#model = model;
    this.#settings = settings;
    this.#source = source;
    const phrases = (vocabulary: ContrastDefinition) =>
      new PhraseFeatures(
        model,
        new ContrastVocabulary(vocabulary),
        settings.templates,
        settings.sameMeaning,
      );
    this.#phrases = phrases(settings.contrastVocabulary);
    if (model.readsChinese) this.#chinese = phrases(settings.chineseVocabulary);
  }

  sight(): Sight {
    const { imageSize, patchSize, patchLimit } = this.#model;
    return { imageSize, patchSize, patchLimit, scales: this.#settings.scales, keepsImage: false };
  }

  async prepare(): Promise<void> {
    await this.#phrases.contrast();
  }

  async see({ views: wanted }: PreparedPart, { regions }: Surroundings): Promise<SeenPart<Query>> {
    const classifier = await this.#classifier();
    const { maxProposals } = this.#settings;
    const asksNetwork = !regions && this.#source === 'network';
    const views: View[] = [];
    for (const { shown, canvas } of wanted) {
      const seen = await this.#model.view(shown, canvas, asksNetwork ? maxProposals : 0);
      views.push(new View(seen, classifier));
    }
    const own = asksNetwork ? regionsOf(views, maxProposals) : regions;
    return new ContrastPart(
      views,
      own && new PictureRegions(own, views, classifier),
      classifier,
      this.#phrases.nouns,
      this.#settings.weighQuality,
    );
  }

  async query(prompt: Prompt, negatives: readonly Prompt[], pace?: Pace): Promise<Query> {
    const { examples, phrasings } = prompt;
    if (!examples) return this.#wordsQuery(prompt, negatives, pace);
    const { count, dimension } = examples.shown;
    const nothing = none(dimension);
    const words =
      phrasings.length > 0
        ? await this.#wordsQuery(prompt, negatives, pace)
        : {
            phrasings: nothing,
            counterparts: nothing,
            negatives: nothing,
            leftOut: new Set<number>(),
          };
    // Each example counts as much as the words do.
    const share = phrasings.length > 0 ? count / (count + 1) : 1;
    return { ...words, examples: { ...exampleQuery(examples), share } };
  }

  async #wordsQuery(prompt: Prompt, negatives: readonly Prompt[], pace?: Pace): Promise<Query> {
    const chinese = prompt.phrasings.every(isHan) ? this.#chinese : undefined;
    const asked = await (chinese ?? this.#phrases).prompt(prompt, pace);
    const { dimension } = asked.phrasings;
    return {
      ...asked,
      negatives: await this.#negatives(negatives, dimension, pace),
      ...(chinese && { classifier: await this.#classifierOf(chinese) }),
    };
  }

  async lookWidth(): Promise<number> {
    return (await this.#phrases.contrast()).dimension;
  }

  async advice(prompts: readonly Prompt[], negatives: readonly Prompt[]): Promise<Advice[]> {
    const chinese = [...prompts, ...negatives].filter(({ phrasings }) => phrasings.some(isHan));
    if (chinese.length === 0 || this.#model.readsChinese) return [];
    const [{ label }, ...others] = chinese;
    const further = others.length > 0 ? ` and ${others.length} more` : '';
    const message = `This model learnt English: it hardly understands "${label}"${further}. FG-CLIP 2 reads Chinese.`;
    return [{ label, message }];
  }

  /** The published protocol of re-scoring: RoIAlign of the dense map, softmax of cosines over the classes. */
  async boxClassifier(
    names: readonly string[],
    {
      templates = this.#settings.templates,
      temperature = this.#settings.temperature,
    }: ClassOptions = {},
  ): Promise<BoxClassifier> {
    const texts = names.map((name) => sentencesOf(name, templates));
    const model = this.#model;
    const all = await (model.vocabularyFeatures?.(texts.flat()) ??
      model.textFeatures(texts.flat()));
    const classes = classFeatures(groups(all, texts));
    return {
      sight: () => this.sight(),
      classify: async (picture, boxes) =>
        logProbabilities(await this.#regionFeatures(picture, boxes), classes, { temperature }),
    };
  }

  async imageFeatures(images: readonly RgbImage[]): Promise<Features> {
    if (!this.#model.imageFeatures)
      throw new UserError('The model has no features of whole pictures.');
    return this.#model.imageFeatures(images);
  }

  textFeatures(texts: readonly string[], length?: TextLength): Promise<Features> {
    return this.#model.textFeatures(texts, length);
  }

  get globalScores() {
    return this.#model.globalScores?.bind(this.#model);
  }

  dispose(): Promise<void> {
    return this.#model.dispose();
  }

  /** The mean over the scales. @param boxes in pixels of the picture. */
  async #regionFeatures(
    { parts, width, height }: PreparedPicture,
    boxes: readonly Xyxy[],
  ): Promise<Features> {
    const [{ views }] = parts;
    const seen: Features[] = [];
    for (const { shown, canvas } of views) {
      const { map, extent } = await this.#model.view(shown, canvas, 0);
      const [toColumns, toRows] = [extent.columns / width, extent.rows / height];
      const cells = boxes.map((box) => scaleBox(box, toColumns, toRows));
      seen.push(normalised(poolRegions(map, cells)));
    }
    return meanOfSets(seen);
  }

  async #classifier(): Promise<RegionClassifier> {
    return new RegionClassifier(await this.#phrases.contrast(), this.#settings.temperature);
  }

  /** One and the same for all prompts, so that pictures are weighed once. */
  #classifierOf(chinese: PhraseFeatures): Promise<RegionClassifier> {
    this.#chineseClassifier ??= chinese
      .contrast()
      .then((contrast) => new RegionClassifier(contrast, this.#settings.temperature));
    return this.#chineseClassifier;
  }

  /** Of a list of negatives, which many prompts share. */
  #negatives(prompts: readonly Prompt[], dimension: number, pace?: Pace): Promise<Features> {
    const known = this.#unwanted.get(prompts);
    if (known) return known;
    const made = this.#makeNegatives(prompts, dimension, pace);
    this.#unwanted.set(prompts, made);
    return made;
  }

  async #makeNegatives(
    prompts: readonly Prompt[],
    dimension: number,
    pace?: Pace,
  ): Promise<Features> {
    const found: PromptFeatures[] = [];
    for (const prompt of prompts) found.push(await this.#phrases.prompt(prompt, pace));
    if (found.length > 0) return concatenated(found.map(({ phrasings }) => phrasings));
    return features(new Float32Array(0), dimension);
  }
}

/** A region of a picture that overlaps an example more may show the same. */
const mostOverlap = 0.2;
/** Further regions of one picture. */
const mostOthers = 64;

class ContrastPart implements SeenPart<Query> {
  readonly #views: readonly View[];
  readonly #regions: PictureRegions | undefined;
  readonly #classifier: RegionClassifier;
  readonly #nouns: readonly string[];
  readonly #weighQuality: boolean;

  constructor(
    views: readonly View[],
    regions: PictureRegions | undefined,
    classifier: RegionClassifier,
    nouns: readonly string[],
    weighQuality: boolean,
  ) {
    this.#views = views;
    this.#regions = regions;
    this.#classifier = classifier;
    this.#nouns = nouns;
    this.#weighQuality = weighQuality;
  }

  get regions() {
    return this.#regions?.regions;
  }

  among(regions: readonly Region[]): SeenPart<Query> {
    const given = new PictureRegions(regions, this.#views, this.#classifier);
    return new ContrastPart(this.#views, given, this.#classifier, this.#nouns, this.#weighQuality);
  }

  async find(asked: readonly Asked<Query>[], options: FindOptions): Promise<Found[][]> {
    const regions = this.#regions;
    const found: Found[][] = [];
    for (const { query, threshold } of asked) {
      found.push(
        regions
          ? findAmong(regions, query, { threshold, weighQuality: this.#weighQuality })
          : findInViews(this.#views, query, { ...options, threshold }),
      );
      // Examples take a while: other work of the process goes on between.
      if (query.examples) await setImmediate();
    }
    return found;
  }

  heatmap(query: Query): Heatmap {
    return heatmapOf(this.#views, query);
  }

  /** Further regions are those of the picture, or windows all over it, that overlap no example. */
  async looks(shown: readonly Xyxy[], unlike: readonly Xyxy[]): Promise<Looks> {
    const given = [...shown, ...unlike];
    const [view] = this.#views;
    const { rows, columns } = view.map;
    const regions =
      this.regions?.map(({ box }) => box) ??
      windows(rows, columns).map((box) => view.toShares(box));
    const apart = regions.filter(
      (box) => box[2] <= 1 && box[3] <= 1 && given.every((one) => boxIou(box, one) < mostOverlap),
    );
    const of = (boxes: readonly Xyxy[]): Features => {
      if (boxes.length === 0) return none(view.map.features.dimension);
      const seen = this.#views.map((one) => one.features(boxes.map((box) => one.toCells(box))));
      return normalised(meanOfSets(seen.map(normalised)));
    };
    return { shown: of(shown), unlike: of(unlike), others: evenly(of(apart), mostOthers) };
  }

  async lookAlikes(box: Xyxy, count: number): Promise<LookAlike[]> {
    return lookAlikes(this.#views, box, this.#nouns, this.#classifier).slice(0, count);
  }
}
