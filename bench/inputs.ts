import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FgClipConfig } from '../src/fgclip/config.js';
import { clipNormalisation } from '../src/images/preprocess.js';
import { type NdArray, ndarray } from '../src/jit/ndarray.js';
import type { Random } from '../src/random.js';
import { parseTrainingConfig } from '../training/config.js';
import { squareForm, type Tokenize } from '../training/forms/squares.js';
import { type PlainBatch, packBatch } from '../training/packing.js';
import type { Sample } from '../training/sample.js';

const images = 8;
const regionsPerImage = 4;
const hardPerImage = 2;
const wrongTexts = 10;

/** Tokens of a text, begin and end included. Short ones: 5 to 20, 12 on average. */
const shortLength = (random: Random) => 5 + random.integer(8) + random.integer(9);
const longLength = (random: Random) => 60 + random.integer(61);

/** A text is written as its token ids with spaces between: the benchmark needs no tokenizer. */
type Ids = number[];

/** What both sides compute from; files in one folder, so that both read the very same. */
export interface Inputs {
  short: Ids[];
  long: Ids[];
  samples: Sample[];
  learningRate: number;
  pixelsShape: number[];
  /** The training batch as a reference without deduplication takes it. */
  training: object;
}

/** Draws the inputs of every case and writes them to `folder` as inputs.json and pixels.f32. */
export function writeInputs(folder: string, config: FgClipConfig, random: Random): void {
  const { imageSize, channels } = config.vision;
  const draw = (stream: Random, length: number) => drawText(config, stream, length);
  const texts = (kind: string, count: number, length: (random: Random) => number) => {
    const stream = random.fork(kind);
    return Array.from({ length: count }, () => draw(stream, length(stream)));
  };
  const samples = Array.from({ length: images }, (_, i) => drawSample(config, random.fork(i)));
  const learningRate = 1e-6;
  const { regions, hard } = packSamples(samples, config);
  const inputs: Inputs = {
    short: texts('short', 32, shortLength).map(toIds),
    long: texts('long', 8, longLength).map(toIds),
    samples,
    learningRate,
    pixelsShape: [images, channels, imageSize, imageSize],
    training: {
      learningRate,
      long: samples.map(({ longCaption }) => toIds(longCaption)),
      short: samples.map(({ shortCaption }) => toIds(shortCaption)),
      regionTexts: samples.flatMap((sample) => sample.regions.map(({ text }) => toIds(text))),
      hardTexts: samples.flatMap((sample) =>
        sample.regions.flatMap(({ hardTexts }) => hardTexts?.map(toIds) ?? []),
      ),
      regions: nested(regions!),
      hard: nested(hard!),
    },
  };
  const pixels = new Float32Array(images * channels * imageSize ** 2);
  const stream = random.fork('pixels');
  for (let i = 0; i < pixels.length; i++) pixels[i] = stream.normal();
  writeFileSync(join(folder, 'inputs.json'), JSON.stringify(inputs));
  writeFileSync(join(folder, 'pixels.f32'), pixels);
}

/** Reads what `writeInputs` wrote. */
export function readInputs(folder: string): Inputs & { pixels: NdArray } {
  const inputs = JSON.parse(readFileSync(join(folder, 'inputs.json'), 'utf8')) as Inputs;
  const bytes = readFileSync(join(folder, 'pixels.f32'));
  const values = new Float32Array(Uint8Array.from(bytes).buffer);
  return { ...inputs, pixels: ndarray(values, inputs.pixelsShape) };
}

/** The training batch that the trainer would make of these samples, with black pixels. */
export function packSamples(samples: Sample[], config: FgClipConfig): PlainBatch {
  const settings = parseTrainingConfig(
    {
      stage: 2,
      model: { initial: 'none' },
      data: [{ records: 'none', images: 'none' }],
      batch: images,
      regionsPerImage,
      hardPerImage,
    },
    'the benchmark',
  );
  const { eosId, padId } = config.text;
  const tokenize: Tokenize = { encode: toIds, padId, eosId };
  const form = squareForm(config, tokenize, clipNormalisation);
  return packBatch(samples, settings, form, form.pictures(samples.length));
}

function drawText({ text }: FgClipConfig, random: Random, length: number): string {
  const words = Array.from({ length: length - 2 }, () => random.integer(text.bosId));
  return [text.bosId, ...words, text.eosId].join(' ');
}

/** A picture with its captions and boxes; half of the regions are described by a long expression. */
function drawSample(config: FgClipConfig, random: Random): Sample {
  const text = (length: number) => drawText(config, random, length);
  const regions = Array.from({ length: regionsPerImage }, (_, i) => {
    const [x, y] = [0.6 * random.uniform(), 0.6 * random.uniform()];
    const [width, height] = [0.1 + 0.3 * random.uniform(), 0.1 + 0.3 * random.uniform()];
    const short = text(shortLength(random));
    const described = random.uniform() < 0.5 ? short : text(shortLength(random));
    // The wrong descriptions keep the sentence's form, and so about its length.
    const length = toIds(short).length;
    const wrong = Array.from({ length: wrongTexts }, () =>
      text(Math.max(4, length - 1 + random.integer(3))),
    );
    const box: [number, number, number, number] = [x, y, x + width, y + height];
    return { box, text: described, ...(i < hardPerImage && { hardTexts: [short, ...wrong] }) };
  });
  return {
    image: '',
    longCaption: text(longLength(random)),
    shortCaption: text(shortLength(random)),
    change: { crop: [0, 0, 1, 1], flip: false, colour: [1, 1, 1] },
    regions,
    droppedBoxes: 0,
  };
}

function toIds(text: string): Ids {
  return text.split(' ').map(Number);
}

type Regions = NonNullable<PlainBatch['regions']> | NonNullable<PlainBatch['hard']>;

function nested({ image, rowWeights, columnWeights }: Regions) {
  const rows = ({ data, shape: [count, width] }: Regions['rowWeights']) =>
    Array.from({ length: count }, (_, row) => [...data.subarray(row * width, (row + 1) * width)]);
  return { image: [...image.data], rows: rows(rowWeights), columns: rows(columnWeights) };
}
