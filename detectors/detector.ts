import { UserError } from '../src/errors.js';
import { crop } from '../src/images/crop.js';
import type { RgbImage } from '../src/images/rgbImage.js';
import { readAhead } from '../src/threads/readAhead.js';
import { type Box, clipBox, scaleBox, type Xyxy, xyxyToBox } from './boxes.js';
import { type Calibration, calibrate, uncalibrate } from './calibration.js';
import { ContrastVocabulary } from './contrast.js';
import type { EncodedImage, EncodedPart, TileRequest } from './encodedImage.js';
import type { FeatureModel } from './featureModel.js';
import { concatenated, type Features, features } from './features.js';
import { type FindOptions, findAmong, findInViews } from './findPrompt.js';
import { type Heatmap, heatmapOf } from './heatmap.js';
import { mergeTiles } from './mergeTiles.js';
import { PhraseFeatures, type PromptFeatures } from './phraseFeatures.js';
import { PictureReader } from './pictureReader.js';
import {
  type Candidate,
  type PostprocessOptions,
  postprocess,
  type SuppressionMethod,
} from './postprocess.js';
import {
  decoded,
  type ImageSource,
  type PreparedPart,
  type PreparedPicture,
  prepared,
  type Sight,
} from './preparedPicture.js';
import { parsePrompt, parsePrompts } from './prompts.js';
import type { ProposalSource } from './proposals/source.js';
import { type Query, RegionClassifier } from './regions/classifier.js';
import { PictureRegions, type Region, regionsOf } from './regions/pictureRegions.js';
import type { DetectorSettings } from './settings.js';
import { checkThresholds, thresholdOf } from './thresholds.js';
import { View } from './view.js';

/** A thing found in a picture. */
export interface Detection {
  /** The prompt's first phrasing. */
  label: string;
  /**
   * 0..1: how likely the box shows the prompt rather than anything else, and fits it. With a calibration
   * in the model's settings it is the share of boxes of that score that are right, as it was measured.
   */
  score: number;
  /** In pixels of the picture, inside it. */
  box: Box;
}

export interface DetectOptions extends EncodeOptions {
  /** Least score. The default, as all others, is the model folder's. */
  threshold?: number;
  /** Least scores of single labels: `{ 'a dog': 0.5 }`. */
  thresholds?: Readonly<Record<string, number>>;
  /** Boxes of one label whose intersection over union is greater are one. */
  nms?: number;
  /** What becomes of such boxes: dropped (`hard`), or their scores lowered (soft-NMS). */
  method?: SuppressionMethod;
  /**
   * Boxes of different labels that overlap more are one thing, with the label that scores best. With it and
   * with `maxPerImage`, and only with them, prompts influence each other's results. Default: no limit.
   */
  acrossLabels?: number;
  /** Most boxes of each label. */
  maxDetections?: number;
  /** Most boxes of all labels together. Default: no limit. */
  maxPerImage?: number;
  /** Look-alikes that are not wanted: regions that show one of these rather than a prompt go. */
  negatives?: readonly string[];
}

export interface EncodeOptions {
  /** Take a file's pixels as stored, whatever its EXIF orientation says. Default: false. */
  ignoreOrientation?: boolean;
  /** Also look at tiles of the picture, for things that vanish when the whole is made small. */
  tiles?: TileRequest;
  /** Where a decoded picture came from; sources that look regions up need it. */
  name?: string;
}

export type { ImageSource };

/** Finds in pictures what is asked for in free text. */
export class Detector {
  readonly settings: DetectorSettings;
  readonly #model: FeatureModel;
  readonly #phrases: PhraseFeatures;
  readonly #proposals: 'network' | 'dense' | ProposalSource;

  /**
   * @param proposals where regions come from. Default: what the settings say, else the model's proposal
   *   network, where it has one, else its patch features alone.
   * @throws UserError when the network is asked for and the model has none.
   */
  constructor(
    model: FeatureModel,
    settings: DetectorSettings,
    proposals: 'network' | 'dense' | ProposalSource = settings.proposals ??
      (model.hasNetwork ? 'network' : 'dense'),
  ) {
    if (proposals === 'network' && !model.hasNetwork) {
      throw new UserError(
        'The model has no proposal network: take dense proposals, or train one (docs/proposals.md).',
      );
    }
    this.settings = settings;
    this.#model = model;
    this.#proposals = proposals;
    this.#phrases = new PhraseFeatures(
      model,
      new ContrastVocabulary(settings.contrastVocabulary),
      settings.templates,
      settings.sameMeaning,
    );
  }

  /** What makes scores probabilities, where that was measured for the source of the regions. */
  get calibration(): Calibration | undefined {
    const source = this.#proposals;
    return typeof source === 'string' ? this.settings.calibration?.[source] : undefined;
  }

  /**
   * Starts on what does not need a picture: the texts' features. Calling it is never necessary; it saves
   * time where the picture is still being read.
   */
  async prepare(prompts: readonly string[], negatives: readonly string[] = []): Promise<void> {
    await this.#classifier();
    for (const prompt of parsePrompts([...prompts, ...negatives]))
      await this.#phrases.prompt(prompt);
  }

  /** How pictures have to be prepared for `encode`, where that is done elsewhere: on another thread, say. */
  sight({ tiles }: Pick<EncodeOptions, 'tiles'> = {}): Sight {
    const { imageSize, patchSize } = this.#model;
    const keepsImage = typeof this.#proposals !== 'string';
    return { imageSize, patchSize, scales: this.settings.scales, tiles, keepsImage };
  }

  /**
   * Runs the model over a picture. What it returns can be given to `detect` and `heatmap` instead.
   * @param source with a prepared picture, `sight` said how.
   */
  async encode(
    source: ImageSource | PreparedPicture,
    options: EncodeOptions = {},
  ): Promise<EncodedImage> {
    const picture = isPrepared(source)
      ? source
      : prepared(await decoded(source, options), this.sight(options));
    const { width, height, image } = picture;
    const classifier = await this.#classifier();
    const name = options.name ?? (typeof source === 'string' ? source : undefined);
    const parts: EncodedPart[] = [];
    for (const part of picture.parts) {
      parts.push(await this.#encodePart(part, classifier, image, name));
    }
    return { width, height, parts };
  }

  /**
   * Finds what the prompts describe. A prompt's boxes and scores depend on the picture and that prompt
   * (and the negatives) alone: other prompts change nothing, unless `acrossLabels` or `maxPerImage` is set.
   *
   * @param prompts phrases; "sofa|couch" is one label with two phrasings.
   * @returns all labels' detections by falling score.
   * @throws UserError for an empty prompt or a picture that cannot be read.
   */
  async detect(
    image: ImageSource | EncodedImage,
    prompts: readonly string[],
    options: DetectOptions = {},
  ): Promise<Detection[]> {
    const asked = parsePrompts(prompts);
    const limits = { ...this.settings, ...withoutUndefined(options) };
    const { calibration } = this;
    const labels = asked.map(({ label }) => label);
    if (options.thresholds) checkThresholds(options.thresholds, labels);
    const negatives = await this.#negatives(options.negatives ?? []);
    const encoded = isEncoded(image) ? image : await this.encode(image, options);
    const perPart: Candidate[][] = encoded.parts.map(() => []);
    for (const prompt of asked) {
      const query = { ...(await this.#phrases.prompt(prompt)), negatives };
      const threshold = thresholdOf(prompt.label, limits);
      encoded.parts.forEach((part, i) => {
        for (const found of findInPart(part, query, { ...limits, threshold }, calibration)) {
          perPart[i].push({ label: prompt.label, ...found });
        }
      });
    }
    const found = perPart.length === 1 ? perPart[0] : joinParts(encoded, perPart, limits);
    return postprocess(found, limits).map(({ label, score, box }) => ({
      label,
      score,
      box: xyxyToBox(box),
    }));
  }

  /**
   * Finds what the prompts describe in one picture after the other; the next ones are read meanwhile, on
   * threads that end with the last picture, or when the caller stops early.
   * @param images any number: a list, or something that yields them.
   * @throws UserError for a picture that cannot be read, in its turn.
   */
  async *detectEach(
    images: Iterable<ImageSource> | AsyncIterable<ImageSource>,
    prompts: readonly string[],
    options: DetectOptions = {},
  ): AsyncGenerator<Detection[]> {
    for await (const encoded of this.encodeEach(images, options)) {
      yield await this.detect(encoded, prompts, options);
    }
  }

  /** As `detectEach`, but for the prompts, which can be asked of each picture that comes. */
  async *encodeEach(
    images: Iterable<ImageSource> | AsyncIterable<ImageSource>,
    options: EncodeOptions = {},
  ): AsyncGenerator<EncodedImage> {
    const { ignoreOrientation } = options;
    const reader = new PictureReader();
    const read = (source: ImageSource) =>
      reader.read(source, this.sight(options), { ignoreOrientation });
    try {
      for await (const { source, result } of readAhead(images, read, reader.ahead)) {
        const name = typeof source === 'string' ? source : undefined;
        yield await this.encode(await result, { ...options, name });
      }
    } finally {
      await reader.close();
    }
  }

  /** Where a picture shows a phrase: each patch's probability of it, 0..1. */
  async heatmap(
    image: ImageSource | EncodedImage,
    phrase: string,
    options: Pick<DetectOptions, 'ignoreOrientation'> = {},
  ): Promise<Heatmap> {
    const prompt = parsePrompt(phrase);
    const encoded = isEncoded(image) ? image : await this.encode(image, options);
    const query: Query = {
      ...(await this.#phrases.prompt(prompt)),
      negatives: await this.#negatives([]),
    };
    return heatmapOf(encoded.parts[0].views, query);
  }

  /** Frees the model and the source of regions. */
  async dispose(): Promise<void> {
    await this.#model.dispose();
    if (typeof this.#proposals !== 'string') await this.#proposals.dispose?.();
  }

  /** @param image the whole picture, where `sight` keeps it. */
  async #encodePart(
    { rect, views: wanted }: PreparedPart,
    classifier: RegionClassifier,
    image: RgbImage | undefined,
    name: string | undefined,
  ): Promise<EncodedPart> {
    const { maxProposals } = this.settings;
    const source = this.#proposals;
    const views: View[] = [];
    for (const { shown, canvas } of wanted) {
      const seen = await this.#model.view(shown, canvas, source === 'network' ? maxProposals : 0);
      views.push(new View(seen, classifier));
    }
    if (source === 'dense') return { rect, views };
    const regions =
      source === 'network'
        ? regionsOf(views, maxProposals)
        : await regionsFrom(source, image!, rect, name, maxProposals);
    return { rect, views, regions: new PictureRegions(regions, views, classifier) };
  }

  async #classifier(): Promise<RegionClassifier> {
    return new RegionClassifier(await this.#phrases.contrast(), this.settings.temperature);
  }

  async #negatives(texts: readonly string[]): Promise<Features> {
    const found: PromptFeatures[] = [];
    for (const prompt of parsePrompts(texts)) found.push(await this.#phrases.prompt(prompt));
    if (found.length > 0) return concatenated(found.map(({ phrasings }) => phrasings));
    const { dimension } = await this.#phrases.contrast();
    return features(new Float32Array(0), dimension);
  }
}

/** The best of what another source than the network proposes, in shares of the part's sides. */
async function regionsFrom(
  source: ProposalSource,
  picture: RgbImage,
  rect: Xyxy,
  name: string | undefined,
  most: number,
): Promise<Region[]> {
  const image = crop(picture, rect);
  const { width, height } = image;
  const isTile = width < picture.width || height < picture.height;
  const tile = isTile
    ? { rect, picture: { width: picture.width, height: picture.height } }
    : undefined;
  const proposals = await source.propose({ image, tile, name });
  return proposals
    .toSorted((a, b) => b.quality - a.quality)
    .slice(0, most)
    .map(({ box, quality }) => ({ box: scaleBox(box, 1 / width, 1 / height), quality }));
}

type Limits = PostprocessOptions & FindOptions;

/** Undoing a calibration rounds; what that lets through is judged again with the other candidates. */
const roundingRoom = 1e-6;

/** What a part may show of a query; boxes in pixels of the part. */
function findInPart(
  { rect, views, regions }: EncodedPart,
  query: Query,
  limits: Limits,
  calibration: Calibration | undefined,
): Omit<Candidate, 'label'>[] {
  const threshold = calibration
    ? uncalibrate(limits.threshold, calibration) - roundingRoom
    : limits.threshold;
  const [width, height] = [rect[2] - rect[0], rect[3] - rect[1]];
  const found = regions
    ? findAmong(regions, query, { threshold })
    : findInViews(views, query, { ...limits, threshold });
  return found.map(({ box, score, worth }) => ({
    box: clipBox(scaleBox(box, width, height), width, height),
    score: calibration ? calibrate(score, calibration) : score,
    worth,
  }));
}

/** One list of what was found in the parts, without what only a part's border makes of it. */
function joinParts(
  { parts, width, height }: EncodedImage,
  perPart: readonly Candidate[][],
  limits: Limits,
): Candidate[] {
  const withinLabels = { ...limits, acrossLabels: undefined, maxPerImage: undefined };
  const views = parts.map(({ rect }, i) => ({
    rect,
    detections: postprocess(perPart[i], withinLabels),
  }));
  return mergeTiles(views, { width, height });
}

function isPrepared(source: ImageSource | PreparedPicture): source is PreparedPicture {
  return typeof source === 'object' && 'parts' in source;
}

function isEncoded(image: ImageSource | EncodedImage): image is EncodedImage {
  return typeof image === 'object' && 'parts' in image;
}

function withoutUndefined<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
}
