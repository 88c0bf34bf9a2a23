import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeSafetensors } from '../../src/checkpoints/safetensors.js';
import { type NdArray, ndarray } from '../../src/jit/ndarray.js';
import { PhotosModel } from '../../src/photos/model.js';
import { openPhotosFolder } from '../../src/photos/modelFolder.js';
import { goldenPicture, publishedModel, shippedFolder } from './shippedModel.js';

const weights = 'model.safetensors';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fgdet-photos-test-'));
  for (const name of ['config.json', 'names.json', 'tokenizer.json']) {
    cpSync(join(shippedFolder, name), join(folder, name));
  }
  symlinkSync(join(shippedFolder, weights), join(folder, weights));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Changes what a JSON file of the folder says. */
function change<T>(name: string, edit: (content: T) => void): void {
  const content = JSON.parse(readFileSync(join(folder, name), 'utf8')) as T;
  edit(content);
  writeFileSync(join(folder, name), JSON.stringify(content));
}

/** Replaces a text in the weights' header by another of the same length. */
function changeHeader(from: string, to: string): void {
  const bytes = readFileSync(join(shippedFolder, weights));
  const place = bytes.indexOf(from);
  expect(place).toBeGreaterThan(0);
  expect(to.length).toBe(from.length);
  bytes.write(to, place);
  rmSync(join(folder, weights));
  writeFileSync(join(folder, weights), bytes);
}

interface Config {
  model_type: string;
  boxes: { side: number };
  crops: { extra_classes: number };
  text: { hidden_size: number; vocab_size: number };
}
interface Names {
  detector: string[];
  classes: string[];
}

describe('a folder that is wrong', () => {
  test('files are missing', () => {
    rmSync(join(folder, 'names.json'));
    rmSync(join(folder, weights));
    expect(() => openPhotosFolder(folder)).toThrow(
      `${folder} is not a photo model's folder: it has no model.safetensors, no names.json.`,
    );
  });

  test('another config', () => {
    change<Config>('config.json', (config) => {
      config.model_type = 'clip';
      config.boxes.side = 400;
      config.text.hidden_size = 385;
    });
    expect(() => openPhotosFolder(folder)).toThrow(
      /config\.json is not a photo model's config:\n {2}model_type: must be "fgdet-photos"\n {2}boxes\.side: must be a multiple of 32/,
    );
  });

  test('a tensor is missing', () => {
    changeHeader('"boxes.stem.bias"', '"boxes.stem.bile"');
    expect(() => openPhotosFolder(folder)).toThrow(
      /model\.safetensors does not fit its config:\n {2}missing: boxes\.stem\.bias\n {2}not part of this model: boxes\.stem\.bile/,
    );
  });

  test('a tensor has another shape', () => {
    changeHeader('[32,3,3,3]', '[3,32,3,3]');
    expect(() => openPhotosFolder(folder)).toThrow(
      /boxes\.stem\.weight is float32 \[3,32,3,3\] instead of float32 \[32,3,3,3\]/,
    );
  });

  test('quantised weights are stored as something else', () => {
    changeHeader('{"dtype":"I8","shape":[30522,384]', '{"dtype":"U8","shape":[30522,384]');
    expect(() => openPhotosFolder(folder)).toThrow(
      /text\.embeddings\.word_embeddings\.weight is bool \[30522,384\]/,
    );
  });

  test('other counts of names', () => {
    change<Names>('names.json', ({ classes }) => classes.pop());
    expect(() => openPhotosFolder(folder)).toThrow(
      /names\.json: classes: there are 1055 names, but config\.json says 1056\./,
    );
    change<Names>('names.json', ({ detector }) => {
      detector[3] = ' ';
    });
    expect(() => openPhotosFolder(folder)).toThrow(/names\.json .*\n? *detector\[3\]/);
  });

  test('a tokenizer with more tokens than there are embeddings', async () => {
    change<{ added_tokens: { id: number; content: string }[] }>('tokenizer.json', (tokenizer) => {
      tokenizer.added_tokens.push({ ...tokenizer.added_tokens[0], id: 30522, content: '[NEW]' });
    });
    const model = new PhotosModel(openPhotosFolder(folder));
    await expect(model.textVectors(['a dog'])).rejects.toThrow(
      /tokenizer\.json has 30523 tokens, but config\.json says 30522\./,
    );
  });
});

test('classes can be added', async () => {
  const shipped = publishedModel();
  const [features, classes] = [1280, 2];
  const pattern = (length: number, at: (i: number) => number) =>
    Float32Array.from({ length }, (_, i) => at(i));
  const added = {
    weight: pattern(classes * features, (i) => 0.02 * Math.sin(i)),
    bias: Float32Array.of(0.5, -1),
    mean: pattern(features, (i) => 0.1 + 0.05 * Math.cos(i)),
    std: pattern(features, (i) => 0.4 + 0.2 * Math.sin(i)),
  };
  const anchors = shipped.parameters.get('anchors.vectors')!;
  const more = new Float32Array(anchors.size + classes * 384);
  more.set(anchors.data);
  const tensors = new Map<string, NdArray>([
    ...shipped.parameters,
    ['names.weight', ndarray(added.weight, [classes, features])],
    ['names.bias', ndarray(added.bias, [classes])],
    ['names.mean', ndarray(added.mean, [features])],
    ['names.std', ndarray(added.std, [features])],
    ['anchors.vectors', ndarray(more, [1080 + classes, 384])],
  ]);
  const bytes = [...shipped.parameters].filter(([, { narrow }]) => narrow?.type === 'int8');
  rmSync(join(folder, weights));
  await writeSafetensors(join(folder, weights), tensors, {
    dtypes: new Map(bytes.map(([name]) => [name, 'I8'])),
  });
  change<Config>('config.json', ({ crops }) => {
    crops.extra_classes = classes;
  });
  expect(() => openPhotosFolder(folder)).toThrow(/there are 1056 names, .* says 1002/);
  change<Names>('names.json', ({ classes }) => {
    classes.splice(1000, 56, 'teapot', 'raccoon, coon');
  });

  const model = new PhotosModel(openPhotosFolder(folder));
  try {
    const crop = goldenPicture(224);
    const pooled = await model.cropFeatures([crop]);
    const probabilities = await model.classifyCrops([crop]);
    expect(probabilities.length).toBe(1002);
    expect(probabilities.reduce((sum, value) => sum + value)).toBeCloseTo(1, 5);
    const dot = (row: ArrayLike<number>, x: Float32Array) =>
      x.reduce((sum, value, i) => sum + value * row[i], 0);
    const classifier = shipped.parameters
      .get('crops.classifier.weight')!
      .data.subarray(0, features);
    const first =
      dot(classifier, pooled) + shipped.parameters.get('crops.classifier.bias')!.data[0];
    const standard = pooled.map((value, i) => (value - added.mean[i]) / (added.std[i] + 0.1));
    for (let index = 0; index < classes; index++) {
      const row = added.weight.subarray(index * features, (index + 1) * features);
      const logit = dot(row, standard) + added.bias[index];
      const measured = Math.log(probabilities[1000 + index] / probabilities[0]);
      expect(measured).toBeCloseTo(logit - first, 3);
    }
  } finally {
    await model.dispose();
  }
});
