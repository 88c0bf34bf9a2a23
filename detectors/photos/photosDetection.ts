import { UserError } from '../../src/errors.js';
import { scaleBox, type Xyxy } from '../../src/geometry/boxes.js';
import type { RgbImage } from '../../src/images/rgbImage.js';
import { allClasses } from '../../src/photos/config.js';
import type { FoundBox } from '../../src/photos/decodeBoxes.js';
import type { PhotosModel } from '../../src/photos/model.js';
import { cropBox, squashed } from '../../src/photos/preprocess.js';
import type { Looks } from '../examples.js';
import type {
  Advice,
  BoxClassifier,
  ClassOptions,
  FeatureModel,
  SeenPart,
  Surroundings,
} from '../featureModel.js';
import { type Features, features, vectorsOf } from '../features.js';
import type { Pace } from '../pace.js';
import type { PreparedPart, PreparedPicture, Sight } from '../preparedPicture.js';
import { fillTemplate, type Prompt } from '../prompts.js';
import { BackgroundNames } from './background.js';
import { KnownNames } from './knownNames.js';
import { type NameRow, nameRow, type RowOptions } from './nameRows.js';
import { PhotosPart } from './photosPart.js';
import type { ExampleLooks, PhotosQuery } from './photosQuery.js';
import { type RegionFeatures, scoreOf, vectorOf } from './regionFeatures.js';
import { RegionLooks } from './regionLooks.js';
import type { PhotosSettings } from './settings.js';
import type { TextVectors } from './textVectors.js';

const { log, min } = Math;

/** Below this cosine with every class's name the model can rank boxes, but hardly tell whether a thing is there. */
const farName = 0.5;

/** The model for photographs as detectors use it: boxes and names by known classes, no map of the picture. */
export class PhotosDetection implements FeatureModel<PhotosQuery> {
  readonly hasGate = true;
  readonly #model: PhotosModel;
  readonly #settings: PhotosSettings;
  readonly #texts: TextVectors;
  /** Of texts, which `TextVectors` keeps as long as they are used. */
  readonly #rows = new WeakMap<Float32Array, NameRow>();
  readonly #looks: RegionLooks;
  #background?: BackgroundNames;
  #known?: KnownNames;

  /** @param backgroundLook the mean look of regions that show nothing in particular; zeros where it is not known. */
  constructor(
    model: PhotosModel,
    settings: PhotosSettings,
    { texts, backgroundLook }: { texts: TextVectors; backgroundLook: Float32Array },
  ) {
    this.#model = model;
    this.#settings = settings;
    this.#texts = texts;
    this.#looks = new RegionLooks(model.anchors.vectors, backgroundLook);
  }

  sight(): Sight {
    const { side } = this.#model.config.boxes;
    return { imageSize: side, patchSize: 32, scales: [1], squash: true, keepsImage: true };
  }

  async see(
    { rect, views: [{ shown }] }: PreparedPart,
    { image, regions }: Surroundings,
  ): Promise<SeenPart<PhotosQuery>> {
    const [boxes] = await this.#model.findBoxes([shown]);
    return this.#part(boxes, regions, image!, rect);
  }

  async query(prompt: Prompt, negatives: readonly Prompt[], pace?: Pace): Promise<PhotosQuery> {
    const unwanted = negatives.flatMap(({ phrasings }) => phrasings);
    const words = await this.#rowsOf(prompt.phrasings, pace);
    return {
      // A name that says nothing to the model would only lower what examples say.
      phrasings: prompt.examples ? words.filter(({ cosine }) => cosine >= farName) : words,
      negatives: await this.#rowsOf(unwanted, pace),
      ...(prompt.examples && { examples: this.#exampleLooks(prompt.examples) }),
    };
  }

  async lookWidth(): Promise<number> {
    return this.#looks.width;
  }

  #exampleLooks({ shown, unlike }: Looks): ExampleLooks {
    return {
      look: this.#looks.common(shown),
      shown: vectorsOf(shown).map((look) => this.#looks.apart(look)),
      unlike: vectorsOf(unlike).map((look) => this.#looks.apart(look)),
    };
  }

  async advice(
    prompts: readonly Prompt[],
    negatives: readonly Prompt[] = [],
    pace?: Pace,
  ): Promise<Advice[]> {
    const found: Advice[] = [];
    for (const { label, phrasings, examples } of prompts) {
      if (examples) continue;
      for (const far of await this.#far(phrasings, pace)) {
        found.push({
          label,
          message:
            `${far} Few of its boxes pass the threshold: a lower one shows more, and teaching the name with some twenty boxes ` +
            'helps more (docs/names.md). Names in other languages are not known.',
        });
      }
    }
    for (const { label, phrasings } of negatives) {
      for (const far of await this.#far(phrasings, pace)) {
        found.push({ label, message: `${far} So it can hardly tell what to leave out.` });
      }
    }
    return found;
  }

  /** Sentences on the phrasings that are far from all that the model knows. */
  async #far(phrasings: readonly string[], pace?: Pace): Promise<string[]> {
    const rows = await this.#rowsOf(phrasings, pace);
    return rows.flatMap(({ nearest, cosine }, i) => {
      if (cosine >= farName) return [];
      const name = JSON.stringify(phrasings[i]);
      const near = `"${this.#className(nearest)}", cosine ${cosine.toFixed(2)}`;
      return [`${name} is far from every name that this model knows (the nearest is ${near}).`];
    });
  }

  /** @throws UserError for templates or a temperature, which it has no use for. */
  async boxClassifier(
    names: readonly string[],
    { templates, temperature }: ClassOptions = {},
  ): Promise<BoxClassifier> {
    if (templates !== undefined || temperature !== undefined) {
      throw new UserError(
        'Templates and tau are for FG-CLIP models; the model for photographs compares names as they are.',
      );
    }
    const rows = await this.#rowsOf(names);
    return {
      sight: () => this.sight(),
      classify: async (picture, boxes) => {
        const seen = await this.#featuresOf(picture, boxes);
        const logarithms = new Float64Array(boxes.length * rows.length);
        seen.forEach((region, box) => {
          rows.forEach(({ likeness, ranking }, i) => {
            const fit = ranking * scoreOf(region, likeness);
            logarithms[box * rows.length + i] = log(min(fit, 1));
          });
        });
        return logarithms;
      },
    };
  }

  /** What the whole picture shows: a score of each class. @returns [images, classes] */
  async imageFeatures(images: readonly RgbImage[]): Promise<Features> {
    const { boxes: network } = this.#model.config;
    const classes = allClasses(this.#model.config);
    const values = new Float32Array(images.length * classes);
    for (const [i, image] of images.entries()) {
      const whole: Xyxy = [0, 0, 1, 1];
      const [boxes] = await this.#model.findBoxes([squashed(image, network.side)]);
      const rect: Xyxy = [0, 0, image.width, image.height];
      const [region] = await this.#part(boxes, [], image, rect).featuresOf([whole]);
      values.set(vectorOf(region, classes), i * classes);
    }
    return features(values, classes);
  }

  /** How alike texts are to the name of each class: φ. @returns [texts, classes] */
  async textFeatures(texts: readonly string[]): Promise<Features> {
    const rows = await this.#rowsOf(texts);
    const values = rows.flatMap(({ likeness, ranking }) =>
      Array.from(likeness, (value) => value * ranking),
    );
    return features(Float32Array.from(values), allClasses(this.#model.config));
  }

  dispose(): Promise<void> {
    return this.#model.dispose();
  }

  #part(
    boxes: readonly FoundBox[],
    regions: Surroundings['regions'],
    image: RgbImage,
    rect: Xyxy,
  ): PhotosPart {
    return new PhotosPart(boxes, regions, this.#model.names.detector.length, this.#settings, {
      look: (wanted) => this.#look(wanted, image, rect),
      background: this.#backgroundNames(),
      names: this.#knownNames(),
      looks: this.#looks,
    });
  }

  /** Cuts boxes out of the picture and names them. @param boxes in shares of the part `rect` of it. */
  async #look(boxes: readonly Xyxy[], image: RgbImage, rect: Xyxy): Promise<Float32Array[]> {
    const { side } = this.#model.config.crops;
    const [left, top, right, bottom] = rect;
    const crops = boxes.map((box) => {
      const [x1, y1, x2, y2] = scaleBox(box, right - left, bottom - top);
      const inPicture: Xyxy = [x1 + left, y1 + top, x2 + left, y2 + top];
      return squashed(image, side, cropBox(inPicture, image));
    });
    const probabilities = await this.#model.classifyCrops(crops);
    const count = crops.length === 0 ? 0 : probabilities.length / crops.length;
    return crops.map((_, i) => probabilities.slice(i * count, (i + 1) * count));
  }

  async #featuresOf(picture: PreparedPicture, boxes: readonly Xyxy[]): Promise<RegionFeatures[]> {
    const { width, height, image } = picture;
    const [part] = picture.parts;
    const [found] = await this.#model.findBoxes([part.views[0].shown]);
    const shares = boxes.map((box) => scaleBox(box, 1 / width, 1 / height));
    return this.#part(found, [], image!, part.rect).featuresOf(shares);
  }

  async #rowsOf(phrases: readonly string[], pace?: Pace): Promise<NameRow[]> {
    const { template } = this.#settings;
    const filled = phrases.map((phrase) => fillTemplate(template, phrase));
    const texts = await this.#texts.of(filled, pace);
    return texts.map((text) => {
      const known = this.#rows.get(text);
      if (known) return known;
      const row = nameRow(text, this.#model.anchors.vectors, this.#rowOptions);
      this.#rows.set(text, row);
      return row;
    });
  }

  get #rowOptions(): RowOptions {
    const { sharpness } = this.#settings;
    return { sharpness, boxClasses: this.#model.config.boxes.classes };
  }

  #backgroundNames(): BackgroundNames {
    const { names, anchors } = this.#model;
    const { sharpness, sameMeaning } = this.#settings;
    const rank = (regions: Float32Array) => this.#model.backgroundRankings(regions, sharpness);
    this.#background ??= new BackgroundNames({
      ...{ names: names.background, vectors: anchors.background },
      ...{ classes: allClasses(this.#model.config), rank, sameMeaning },
    });
    return this.#background;
  }

  #knownNames(): KnownNames {
    const { anchors, config, names } = this.#model;
    const { vectors, background } = anchors;
    const { hiddenSize: width } = config.text;
    const row = (all: Float32Array, index: number) =>
      nameRow(all.subarray(index * width, (index + 1) * width), vectors, this.#rowOptions);
    // Those of crops are ImageNet's, made for experts; what was taught comes after them.
    const first = names.detector.length;
    const taught = names.classes.slice(config.crops.classes);
    this.#known ??= new KnownNames({
      own: [...names.detector, ...taught],
      background: this.#backgroundNames(),
      rowOfOwn: (i) => row(vectors, i < first ? i : i + config.crops.classes),
      rowOfBackground: (i) => row(background, i),
    });
    return this.#known;
  }

  #className(index: number): string {
    const { detector, classes } = this.#model.names;
    const name = index < detector.length ? detector[index] : classes[index - detector.length];
    return name.split(',')[0];
  }
}
