import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { openHubDetector } from '../../../../detectors/proposals/hub/hubDetector.js';
import type {
  HubInputs,
  HubTensor,
  TransformersModule,
} from '../../../../detectors/proposals/hub/transformers.js';
import { UserError } from '../../../../src/errors.js';
import { FakeHub } from '../../../checkpoints/fakeHub.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fgdet-hub-detector-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A folder in the layout of transformers.js. */
function model(config: object, ...weights: string[]): string {
  const place = mkdtempSync(join(folder, 'model-'));
  mkdirSync(join(place, 'onnx'));
  writeFileSync(join(place, 'config.json'), JSON.stringify(config));
  for (const file of ['preprocessor_config', 'tokenizer', 'tokenizer_config']) {
    writeFileSync(join(place, `${file}.json`), '{}');
  }
  for (const file of weights) writeFileSync(join(place, 'onnx', file), '');
  return place;
}

const image = { width: 200, height: 100, data: new Uint8Array(60_000).fill(7) };
const tensor = (dims: number[], ...data: number[]): HubTensor => ({
  ...{ type: 'float32', dims },
  data: Float32Array.from(data),
});

/** A stand-in for the package whose model answers in turn with the given logits and boxes. */
function standIn(...answers: { logits: HubTensor; pred_boxes: HubTensor }[]) {
  const calls: unknown[] = [];
  const asked: HubInputs[] = [];
  let disposed = false;
  const loaded = Object.assign(
    async (inputs: HubInputs) => {
      asked.push(inputs);
      return answers[(asked.length - 1) % answers.length];
    },
    {
      dispose: async () => {
        disposed = true;
      },
    },
  );
  const processor = Object.assign(
    async (shown: object) => {
      const { width, height } = shown as { width: number; height: number };
      return { pixel_values: tensor([1, 3, height, width], ...(shown as typeof image).data) };
    },
    {
      ...{ do_resize: true, resample: 2, size: { height: 50, width: 60 }, config: {} },
    },
  );
  /** A token for each word and full stop, between two special ones. */
  const words = (text: string) => text.match(/\w+|\./g) ?? [];
  const encode = (text: string, { add_special_tokens: special = true } = {}) => {
    const ids = words(text).map(() => 1);
    return special ? [0, ...ids, 0] : ids;
  };
  const tokenizer = Object.assign(
    (text: string | readonly string[]) => ({ input_ids: tensor([1, 1], 0), text }),
    {
      encode,
      decode: (ids: readonly number[]) => ids.map(() => 'word').join(' '),
      model_max_length: 16,
    },
  );
  const loader = <T>(kind: string, part: T) => ({
    from_pretrained: async (place: string, options: object) => {
      calls.push([kind, place, options]);
      return part;
    },
  });
  class RawImage {
    constructor(
      readonly data: Uint8Array,
      readonly width: number,
      readonly height: number,
      readonly channels: number,
    ) {}
  }
  const module: TransformersModule = {
    AutoModelForObjectDetection: loader('detector', loaded),
    AutoModelForZeroShotObjectDetection: loader('text detector', loaded),
    AutoImageProcessor: loader('processor', processor),
    AutoTokenizer: loader('tokenizer', tokenizer),
    RawImage,
  };
  return { load: async () => module, calls, asked, isDisposed: () => disposed };
}

test('what the model finds becomes proposals in pixels, inside the picture', async () => {
  const { load, calls, asked, isDisposed } = standIn({
    logits: tensor([1, 4, 2], 1, -9, -9, 0, -9, 2, 3, 3),
    pred_boxes: tensor(
      [1, 4, 4],
      0.375,
      0.625,
      0.25,
      0.25,
      0,
      0.5,
      0.125,
      3,
      2,
      0.5,
      0.5,
      1,
      0.375,
      0.625,
      0.25,
      0.3125,
    ),
  });
  const place = model({ model_type: 'd_fine', id2label: { 0: 'cat' } }, 'model_quantized.onnx');
  const source = await openHubDetector(
    // transformers.js is given an absolute path, or it looks for it in a folder of its own.
    { model: relative('.', place), dtype: 'q8', device: 'webgpu' },
    { load, threshold: 0.1 },
  );
  // The third box lies outside, and the first overlaps the last, which is likelier, by 0.8.
  expect(await source.propose({ image })).toEqual([
    { box: [50, 46.875, 100, 78.125], quality: 1 / (1 + Math.exp(-3)), category: 'cat' },
    { box: [0, 0, 12.5, 100], quality: 0.5, category: 1 },
  ]);
  const local = { local_files_only: true };
  expect(calls).toEqual([
    ['processor', place, local],
    ['detector', place, { ...local, dtype: 'q8', device: 'webgpu' }],
  ]);
  // The picture comes in the size that the processor wants.
  expect((asked[0].pixel_values as HubTensor).dims).toEqual([1, 3, 50, 60]);
  expect(source.wantsPrompts).toBe(false);
  await source.dispose?.();
  expect(isDisposed()).toBe(true);
});

test('boxes of a picture that was made square are shares of the square', async () => {
  const { load, asked } = standIn({
    logits: tensor([1, 1, 1], 0),
    pred_boxes: tensor([1, 1, 4], 0.25, 0.25, 0.5, 0.5),
  });
  const place = model({ model_type: 'owlv2' }, 'model.onnx');
  const source = await openHubDetector({ model: place }, { load });
  expect(await source.propose({ image, prompts: ['a cat'] })).toEqual([
    { box: [0, 0, 100, 100], quality: 0.5, category: 'a cat' },
  ]);
  const { data } = asked[0].pixel_values as HubTensor;
  // Black below.
  expect([data[0], data[data.length - 1]]).toEqual([7, 0]);
});

const answer = { logits: tensor([1, 1, 2], 0, 1), pred_boxes: tensor([1, 1, 4], 0.5, 0.5, 1, 1) };

test('prompts are asked in batches of at most 256 tokens', async () => {
  const { load, asked } = standIn(answer);
  const place = model({ model_type: 'owlvit' }, 'model.onnx');
  const source = await openHubDetector({ model: place }, { load });
  expect(source.wantsPrompts).toBe(true);
  // Two special tokens and two words: 64 texts are 256 tokens.
  const prompts = Array.from({ length: 130 }, (_, i) => `thing ${i}`);
  const found = await source.propose({ image, prompts: [...prompts, 'thing 0'] });
  expect(asked.map(({ text }) => (text as string[]).length)).toEqual([64, 64, 2]);
  expect(asked.flatMap(({ text }) => text)).toEqual(prompts);
  // The same box each time: one is left.
  expect(found).toHaveLength(1);
  expect(await source.propose({ image })).toEqual([]);
});

test('a sentence is made of prompts, and one that is too long is told', async () => {
  const { load, asked } = standIn({
    logits: tensor([1, 1, 6], 9, -5, 0, 1, 2, 9),
    pred_boxes: answer.pred_boxes,
  });
  const notes: string[] = [];
  const place = model({ model_type: 'grounding-dino', max_text_len: 8 }, 'model.onnx');
  const source = await openHubDetector(
    { model: place },
    { load, onNote: (note) => notes.push(note) },
  );
  const long = 'one two three four five six seven';
  const [found] = await source.propose({ image, prompts: ['A Cat.', '?', 'dog', long] });
  expect(asked.map(({ text }) => text)).toEqual(['a cat. dog.', 'word word word word word.']);
  // Of the first sentence, the tokens of "a cat" are 1 and 2, and that of "dog" is 4; 3 and 5 are full stops.
  expect(found.category).toBe('dog');
  expect(found.quality).toBeCloseTo(1 / (1 + Math.exp(-9)));
  await source.propose({ image, prompts: [long] });
  expect(notes).toEqual([`The detector ${place} reads only the beginning of "${long}".`]);
});

test('a missing package, a model that does not load and a picture that fails are named', async () => {
  await expect(openHubDetector({ model: 'a/b' })).rejects.toThrow(
    new UserError(
      'Detectors from the hub are run by @huggingface/transformers, which is not installed. ' +
        'Install it with: npm install @huggingface/transformers',
    ),
  );
  const { load } = standIn(answer);
  const broken = async (): Promise<TransformersModule> => ({
    ...(await load()),
    AutoImageProcessor: { from_pretrained: () => Promise.reject(new Error('no such processor')) },
  });
  const place = model({ model_type: 'detr' }, 'model.onnx');
  await expect(openHubDetector({ model: place }, { load: broken })).rejects.toThrow(
    new UserError(`@huggingface/transformers cannot load the detector ${place}: no such processor`),
  );
  const failing = standIn({ logits: tensor([1, 2], 0, 0), pred_boxes: tensor([1, 4], 0, 0, 1, 1) });
  const source = await openHubDetector({ model: place }, { load: failing.load });
  await expect(source.propose({ image, name: 'x.jpg' })).rejects.toThrow(
    new UserError(
      `The detector ${place} failed on x.jpg: its logits are [1,2] and its pred_boxes [1,4], not [1, queries, classes] ` +
        'and [1, queries, 4]',
    ),
  );
});

test('models of other types, and formats that are not there, are refused with what there is', async () => {
  const { load } = standIn(answer);
  const open = (place: string) => openHubDetector({ model: place }, { load });
  await expect(open(model({ model_type: 'conditional_detr' }, 'model.onnx'))).rejects.toThrow(
    'is a model of the type conditional_detr. As detectors, these are known: detr, table-transformer, yolos, rt_detr, ' +
      'rt_detr_v2, d_fine, rf_detr, owlvit, owlv2, grounding-dino.',
  );
  await expect(
    open(model({ model_type: 'detr' }, 'model_quantized.onnx', 'model_fp16.onnx')),
  ).rejects.toThrow('has no onnx/model.onnx, only dtype=fp16, dtype=q8.');
  const withoutTokenizer = model({ model_type: 'owlvit' }, 'model.onnx');
  rmSync(join(withoutTokenizer, 'tokenizer.json'));
  await expect(openHubDetector({ model: withoutTokenizer }, { load })).rejects.toThrow(
    'has no tokenizer.json, which owlvit needs',
  );
  await expect(open(model({ model_type: 'detr' }))).rejects.toThrow(
    'has no onnx/model.onnx: transformers.js needs a model that was exported to ONNX',
  );
  await expect(open(join(folder, 'nowhere'))).rejects.toThrow('There is no model folder');
});

test('a model of the hub is downloaded, its licence told first, and later taken from the cache', async () => {
  const { load, calls } = standIn(answer);
  const hub = new FakeHub();
  hub.files.set('config.json', Buffer.from('{"model_type": "rt_detr"}'));
  hub.files.set('preprocessor_config.json', Buffer.from('{}'));
  for (const name of ['model', 'model_fp16', 'model_quantized']) {
    hub.files.set(`onnx/${name}.onnx`, Buffer.alloc(1_000_000));
  }
  hub.files.set('onnx/model_fp16.onnx_data', Buffer.alloc(1_000_000, 'x'));
  hub.files.set('model.safetensors', Buffer.alloc(10));
  hub.card = { license: 'apache-2.0' };
  await hub.start();
  const notices: string[] = [];
  const open = () =>
    openHubDetector(
      { model: `${hub.name}@main`, dtype: 'fp16' },
      { load, cacheDir: folder, hubUrl: hub.url, onNotice: (notice) => notices.push(notice) },
    );
  try {
    await open();
    expect(hub.fetched.map(({ file }) => file)).toEqual([
      'config.json',
      'preprocessor_config.json',
      'onnx/model_fp16.onnx',
      'onnx/model_fp16.onnx_data',
    ]);
    expect(notices).toEqual([`${hub.name}: 2.0 MB; licence: apache-2.0.`]);
    await open();
    expect(hub.fetched).toHaveLength(4);
    expect(notices).toHaveLength(1);
    const [[, place]] = calls as [[string, string]];
    expect(place).toBe(join(folder, 'models--someone--tiny-clip', 'snapshots', hub.commit));

    hub.files.set('config.json', Buffer.from('{"model_type": "vit"}'));
    rmSync(join(folder, 'models--someone--tiny-clip'), { recursive: true });
    await expect(open()).rejects.toThrow('is a model of the type vit');
    expect(hub.fetched.slice(4).map(({ file }) => file)).not.toContain('onnx/model_fp16.onnx');
  } finally {
    await hub.stop();
  }
});
