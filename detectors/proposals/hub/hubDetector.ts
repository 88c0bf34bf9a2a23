import { join, resolve } from 'node:path';
import type { HubOptions } from '../../../src/checkpoints/hub.js';
import { UserError } from '../../../src/errors.js';
import { scaleBox } from '../../../src/geometry/boxes.js';
import { nms } from '../../../src/geometry/nms.js';
import { insidePicture } from '../insidePicture.js';
import type { ProposalRequest, ProposalSource, RegionProposal } from '../source.js';
import type { HubModel } from './hubName.js';
import { type HubConfig, hubModelFolder, readHubConfig } from './modelFolder.js';
import { type ModelType, modelTypes } from './modelTypes.js';
import { pixelsFor } from './pixels.js';
import { type Classes, readOutput } from './readOutput.js';
import { type TextBatch, type Texts, textsEach, textsInSentence } from './textBatches.js';
import {
  type HubInputs,
  type HubTokenizer,
  type ImageProcessor,
  importTransformers,
  type LoadedModel,
  packageName,
  type TransformersModule,
} from './transformers.js';

/** The most boxes of a picture. */
const mostBoxes = 300;
/** Boxes that overlap more are one, whatever their classes. */
const mostOverlap = 0.7;

export interface HubDetectorOptions extends Omit<HubOptions, 'layout' | 'plainClip'> {
  /** Least quality of a box, 0..1. Default: 0.01, so that FG-CLIP decides. */
  threshold?: number;
  /** Told what a person should know of how prompts were understood. */
  onNote?: (note: string) => void;
  /** Loads the package. Default: imports it. */
  load?: () => Promise<TransformersModule>;
}

/**
 * Opens a detector of the Hugging Face Hub, run by transformers.js, as a source of regions. A region's quality is the
 * probability that there is an object; its category the likeliest class. Detectors that look for texts are given the
 * prompts.
 *
 * @throws UserError when @huggingface/transformers is not installed, the model cannot be had or loaded, or it is of a type
 *   that is not known.
 */
export async function openHubDetector(
  { model, dtype = 'fp32', device = 'cpu' }: HubModel,
  { threshold = 0.01, load = importTransformers, onNote, ...options }: HubDetectorOptions = {},
): Promise<ProposalSource> {
  const transformers = await load();
  // transformers.js looks for other paths in a folder of its own.
  const folder = resolve(await hubModelFolder(model, dtype, options));
  const config = readHubConfig(join(folder, 'config.json'));
  const type = modelTypes.get(config.model_type)!;
  const local = { local_files_only: true } as const;
  const kind = type.asks ? 'AutoModelForZeroShotObjectDetection' : 'AutoModelForObjectDetection';
  try {
    const [processor, loaded, tokenizer] = await Promise.all([
      transformers.AutoImageProcessor.from_pretrained(folder, local),
      transformers[kind].from_pretrained(folder, { ...local, dtype, device }),
      type.asks && transformers.AutoTokenizer.from_pretrained(folder, local),
    ]);
    // Pictures are resized before.
    processor.do_resize = false;
    const parts = { transformers, processor, loaded, tokenizer };
    return new HubDetector(model, config, type, parts, threshold, onNote);
  } catch (error) {
    throw new UserError(
      `${packageName} cannot load the detector ${model}: ${(error as Error).message}`,
    );
  }
}

/** What transformers.js has loaded. */
interface Parts {
  transformers: TransformersModule;
  processor: ImageProcessor;
  loaded: LoadedModel;
  tokenizer?: HubTokenizer;
}

class HubDetector implements ProposalSource {
  readonly wantsPrompts: boolean;
  readonly #model: string;
  readonly #config: HubConfig;
  readonly #type: ModelType;
  readonly #parts: Parts;
  readonly #threshold: number;
  readonly #onNote: HubDetectorOptions['onNote'];
  readonly #toldCut = new Set<string>();

  constructor(
    model: string,
    config: HubConfig,
    type: ModelType,
    parts: Parts,
    threshold: number,
    onNote: HubDetectorOptions['onNote'],
  ) {
    this.wantsPrompts = type.asks !== undefined;
    this.#model = model;
    this.#config = config;
    this.#type = type;
    this.#parts = parts;
    this.#threshold = threshold;
    this.#onNote = onNote;
  }

  async propose({
    image,
    name = 'the picture',
    prompts = [],
  }: ProposalRequest): Promise<RegionProposal[]> {
    const { transformers, processor } = this.#parts;
    try {
      const { inputs, extent } = await pixelsFor(image, this.#type, processor, transformers);
      const found: RegionProposal[] = [];
      for (const { inputs: texts, classes } of this.#questions(prompts)) {
        found.push(...(await this.#ask({ ...texts, ...inputs }, classes)));
      }
      const boxes = found.map(({ box }) => box);
      const qualities = found.map(({ quality }) => quality);
      const best = nms(boxes, qualities, mostOverlap, undefined, mostBoxes).map((i) => found[i]);
      const inPixels = best.map((region) => ({
        ...region,
        box: scaleBox(region.box, extent.width, extent.height),
      }));
      return insidePicture(inPixels, image);
    } catch (error) {
      throw new UserError(
        `The detector ${this.#model} failed on ${name}: ${(error as Error).message}`,
      );
    }
  }

  async dispose(): Promise<void> {
    await this.#parts.loaded.dispose();
  }

  async #ask(inputs: HubInputs, classes: Classes): Promise<RegionProposal[]> {
    const output = await this.#parts.loaded(inputs);
    return readOutput(output, this.#type, classes).filter(
      ({ quality }) => quality >= this.#threshold,
    );
  }

  #questions(prompts: readonly string[]): TextBatch[] {
    const { id2label, max_text_len: longest } = this.#config;
    const { tokenizer } = this.#parts;
    if (!tokenizer) {
      const named = this.#type.classes !== 'COCO ids';
      const nameOf = (column: number) => (named ? (id2label[column] ?? column) : column);
      return [{ inputs: {}, classes: { nameOf } }];
    }
    const texts = [...new Set(prompts)];
    const asked: Texts =
      this.#type.asks === 'texts'
        ? textsEach(texts, tokenizer)
        : textsInSentence(texts, tokenizer, longest);
    for (const text of asked.cut) this.#tellCut(text);
    return asked.batches;
  }

  #tellCut(text: string): void {
    if (this.#toldCut.has(text)) return;
    this.#toldCut.add(text);
    this.#onNote?.(
      `The detector ${this.#model} reads only the beginning of ${JSON.stringify(text)}.`,
    );
  }
}
