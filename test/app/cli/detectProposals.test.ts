import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { type Detection, loadDetector, type ProposalRequest } from '../../../app/index.js';
import { networkConfig, networkSchema } from '../../../detectors/proposals/networkConfig.js';
import { writeNetwork } from '../../../detectors/proposals/networkFile.js';
import { initialNetwork } from '../../../detectors/proposals/networkWeights.js';
import { xywhToXyxy } from '../../../src/geometry/boxes.js';
import { createRandom } from '../../../src/random.js';
import { callFgdet } from './callFgdet.js';
import { runFgdet } from './runFgdet.js';
import { writeTinyModel } from './tinyModel.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-proposals-'));
const path = (name: string) => join(folder, name);
const write = (name: string, content: unknown) => {
  writeFileSync(path(name), typeof content === 'string' ? content : JSON.stringify(content));
  return path(name);
};
const picture = path('photo.png');
/** x, y, width, height; none overlaps another. */
const boxes = [
  [2, 3, 20, 18],
  [30, 4, 16.5, 12],
  [26, 20, 30, 16],
] as const;
let model: string;
let withNetwork: string;

beforeAll(async () => {
  const settings = { contrastVocabulary: ['dog', 'cat', 'tree', 'sky'], threshold: 0, nms: 0.3 };
  model = await writeTinyModel(settings);
  const network = networkSchema.parse({ channels: 8, convolutions: 1 });
  withNetwork = await writeTinyModel({ ...settings, network });
  const config = networkConfig(network, { layers: 2, patchSize: 8 });
  await writeNetwork(withNetwork, initialNetwork(config, 32, createRandom('network')));
  const shape = '<svg width="60" height="40"><circle cx="12" cy="12" r="9" fill="red"/></svg>';
  await sharp({ create: { width: 60, height: 40, channels: 3, background: '#88aacc' } })
    .composite([{ input: Buffer.from(shape) }])
    .png()
    .toFile(picture);
  await sharp(picture).toFile(path('000000000007.png'));
});
afterAll(() => {
  for (const made of [folder, model, withNetwork]) rmSync(made, { recursive: true, force: true });
});

const env = { XDG_CACHE_HOME: folder };

/** Detects with boxes from that source; a prompt that every region may show. */
const commandLine = (source: string, of = picture, from = model) => [
  ...['detect', of, '-m', from, '-p', 'animal', '--proposals', source, '--json'],
];

async function detect(source: string, { of = picture, from = model } = {}) {
  return withDetections(await callFgdet(commandLine(source, of, from), env));
}

/** The same in a process of its own, which loads modules as Node does. */
function detectApart(source: string, options: NodeJS.ProcessEnv = {}) {
  return withDetections(runFgdet(commandLine(source), { env: { ...env, ...options } }));
}

function withDetections<Run extends { status: number | null; stdout: string }>(run: Run) {
  const found: Detection[] = run.status === 0 ? JSON.parse(run.stdout).images[0].detections : [];
  return { ...run, detections: found };
}

/** The boxes of detections, in rising order. */
function sorted(detections: readonly Detection[]): number[][] {
  return detections
    .map(({ box: { xmin, ymin, xmax, ymax } }) => [xmin, ymin, xmax, ymax])
    .sort(([a], [b]) => a - b);
}

const given = boxes.map((box) => [...xywhToXyxy(box)]).sort(([a], [b]) => a - b);
const result = (image_id: number, bbox: readonly number[]) => ({
  ...{ image_id, bbox, category_id: 3, score: 0.75 },
});

describe('fgdet detect --proposals', () => {
  test('network: the boxes of the folder’s network; an error where it has none', async () => {
    const { status, stderr, detections } = await detect('network', { from: withNetwork });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(detections.length).toBeGreaterThan(0);
    expect(sorted(detections)).not.toEqual(sorted((await detect('dense')).detections));
    const missing = await detect('network');
    expect(missing).toMatchObject({ status: 1, stdout: '' });
    expect(missing.stderr).toContain('The model has no proposal network');
  });

  test('network: TensorFlow finds what onnxruntime finds', async () => {
    const expected = await detect('network', { from: withNetwork });
    const words = [...commandLine('network', picture, withNetwork), '--device', 'tfjs-node'];
    const { status, detections } = withDetections(await callFgdet(words, env));
    expect(status).toBe(0);
    expect(detections.length).toBe(expected.detections.length);
    const sides = sorted(expected.detections).flat();
    sorted(detections)
      .flat()
      .forEach((side, i) => {
        expect(side).toBeCloseTo(sides[i], 2);
      });
  });

  test('dense: any FG-CLIP folder will do, and its network is left alone', async () => {
    const { status, detections } = await detect('dense');
    expect(status).toBe(0);
    expect(detections.length).toBeGreaterThan(0);
    expect((await detect('dense', { from: withNetwork })).detections).toEqual(detections);
  });

  test('file: boxes of a COCO results file, by the list of an annotation file', async () => {
    const results = write('dets.json', [
      ...boxes.map((box) => result(139, box)),
      result(5, [0, 0, 9, 9]),
    ]);
    const listed = { id: 139, file_name: 'photo.png', width: 60, height: 40 };
    const list = write('instances.json', { images: [listed] });
    const { status, detections } = await detect(`file:${results},${list}`);
    expect(status).toBe(0);
    expect(sorted(detections)).toEqual(given);
    for (const { label, score } of detections) {
      expect(label).toBe('animal');
      expect(score).toBeLessThanOrEqual(1);
    }
  });

  test('file: without a list, pictures go by the digits of their names', async () => {
    const results = write(
      'dets.json',
      boxes.map((box) => result(7, box)),
    );
    const found = await detect(`file:${results}`, { of: path('000000000007.png') });
    expect(sorted(found.detections)).toEqual(given);
    const unknown = await detect(`file:${results}`);
    expect(unknown.status).toBe(1);
    expect(unknown.stderr).toContain('photo.png, whose file name tells no image id');
  });

  test.each([
    ['file:/no/such.json', '/no/such.json'],
    ['file', 'the results file is missing'],
    ['boxes.json', 'there is no "boxes.json"'],
  ])('%s is told in one line', async (source, message) => {
    const { status, stdout, stderr } = await callFgdet(commandLine(source), env);
    expect(stderr).toContain(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  });

  test('hub: a detector that transformers.js runs', () => {
    mkdirSync(path('detector/onnx'), { recursive: true });
    write('detector/config.json', { model_type: 'rt_detr' });
    write('detector/preprocessor_config.json', {});
    write('detector/onnx/model_quantized.onnx', '');
    const { status, stderr, detections } = detectApart(`hub:${path('detector')},dtype=q8`, {
      NODE_OPTIONS: `--import ${standIn()}`,
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const rounded = sorted(detections).map((box) => box.map((side) => Number(side.toFixed(4))));
    expect(rounded).toEqual(given);
  });

  test('module: a source of one’s own', () => {
    const proposals = given.map((box) => ({ box, quality: 1 }));
    const own = write(
      'own.mjs',
      `export default { propose: async () => ${JSON.stringify(proposals)} };`,
    );
    const { status, stderr, detections } = detectApart(`module:${own}`);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(sorted(detections)).toEqual(given);
    expect(detectApart(`module:${path('no.mjs')}`).stderr).toMatch(
      /no\.mjs cannot be loaded: Cannot find/,
    );
    const empty = detectApart(`module:${write('empty.mjs', 'export default {};')}`);
    expect(empty.stderr).toMatch(/empty\.mjs is no source of regions/);
    expect(empty.status).toBe(1);
  });
});

/** A file that puts a stand-in in the place of transformers.js: it finds the boxes. @returns its address. */
function standIn(): string {
  const shares = boxes.map(([x, y, width, height]) => [
    ...[(x + width / 2) / 60, (y + height / 2) / 40],
    ...[width / 60, height / 40],
  ]);
  const module = write(
    'transformers.mjs',
    `export class RawImage {
      constructor(data, width, height, channels) {
        if (data.length !== width * height * channels) throw new Error('wrong size');
        this.dims = [1, channels, height, width];
      }
    }
    const loads = (part) => ({
      from_pretrained: async (folder, { dtype = 'q8' }) => {
        if (folder !== ${JSON.stringify(path('detector'))} || dtype !== 'q8') throw new Error('not found');
        return part;
      },
    });
    const tensor = (data, width) => ({ type: 'float32', dims: [1, ${boxes.length}, width], data });
    export const AutoImageProcessor = loads(
      Object.assign(async (image) => ({ pixel_values: image }), { size: { width: 30, height: 30 } }),
    );
    export const AutoModelForObjectDetection = loads(
      Object.assign(
        async ({ pixel_values }) => {
          if (String(pixel_values.dims) !== '1,3,30,30') throw new Error('no image');
          return {
            logits: tensor(${JSON.stringify(boxes.map(() => 1.1))}, 1),
            pred_boxes: tensor(${JSON.stringify(shares.flat())}, 4),
          };
        },
        { dispose: async () => {} },
      ),
    );`,
  );
  const hooks = write(
    'hooks.mjs',
    `export async function resolve(name, context, next) {
      if (name !== '@huggingface/transformers') return next(name, context);
      return { url: ${JSON.stringify(pathToFileURL(module).href)}, shortCircuit: true };
    }`,
  );
  const register = write(
    'register.mjs',
    `import { register } from 'node:module';
    register(${JSON.stringify(pathToFileURL(hooks).href)});`,
  );
  return pathToFileURL(register).href;
}

test('a source of one’s own, through the library', async () => {
  const asked: ProposalRequest[] = [];
  let disposed = false;
  const detector = await loadDetector(model, {
    proposals: {
      async propose(request) {
        asked.push(request);
        return boxes.map((box) => ({ box: xywhToXyxy(box), quality: 1 }));
      },
      async dispose() {
        disposed = true;
      },
    },
  });
  const found = await detector.detect(picture, ['animal']);
  expect(sorted(found).map((box) => box.map((side) => Number(side.toFixed(3))))).toEqual(given);
  const [{ image, name }] = asked;
  expect({ width: image.width, height: image.height, name }).toEqual({
    ...{ width: 60, height: 40, name: picture },
  });
  await detector.dispose();
  expect(disposed).toBe(true);
});
