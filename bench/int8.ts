import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { loadModelFolder } from '../src/fgclip/modelFolder.js';
import { encodePixels, globalFeatures } from '../src/fgclip/vision.js';
import { modelFunctions } from '../src/fgclip2/functions.js';
import { loadFgClip2Folder } from '../src/fgclip2/modelFolder.js';
import { encodeGraph } from '../src/jit/encodedGraph.js';
import { type NdArray, ndarray } from '../src/jit/ndarray.js';
import { Session } from '../src/jit/session.js';
import { signedBytesAreExact } from '../src/jit/signedBytes.js';
import { traceArrays } from '../src/jit/traceArrays.js';
import { bilinearMatrix } from '../src/nn/bilinear.js';
import type { Parameters } from '../src/nn/transformer.js';
import { createRandom } from '../src/random.js';
import { baseConfig, writeRandomFgClip2 } from './fgclip2/randomModel.js';
import { markdownTable } from './markdown.js';
import { median } from './median.js';
import { configOfSize, writeRandomModel } from './randomModel.js';

const usage = `Usage: npm run bench:int8 -- [options]

Times products in float32, with weights in unsigned bytes (as exported files have them) and in signed bytes
(as in process, where the processor is exact with them), in turns.

  --rounds 9      timed runs of each
  --threads ${availableParallelism()}     threads of one operator
  --size base     the FG-CLIP whose image features are timed: base, large, tiny, or the path of a config.json`;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '9' },
    threads: { type: 'string', default: String(availableParallelism()) },
    size: { type: 'string', default: 'base' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const [rounds, threads] = [Number(values.rounds), Number(values.threads)];
if (values.help || !(rounds >= 1) || !(threads >= 1)) {
  console.error(usage);
  process.exit(values.help ? 0 : 1);
}

type Fn = (weights: never, x: never) => tf.Tensor;

const forms = [
  { title: 'float32', precision: 'float32' },
  { title: 'unsigned', precision: 'int8', signedBytes: false },
  { title: 'signed', precision: 'int8', signedBytes: true },
] as const;

/** A row of the table: milliseconds of each form, and how far each int8 is from float32. */
async function row(title: string, fn: Fn, weights: unknown, x: NdArray): Promise<string[]> {
  const sessions: Session[] = [];
  for (const { precision, ...form } of forms) {
    const options = { constants: [weights as NdArray], precision, name: title, ...form };
    const { graph } = traceArrays(fn as never, [x], { ...options, target: 'cpu' });
    sessions.push(
      await Session.load(encodeGraph(graph, 'cpu'), { device: 'cpu', threads, onDevice: [] }),
    );
  }
  const inputs = new Map([['argument[0]', x]]);
  const times = sessions.map(() => [] as number[]);
  const results: NdArray[] = [];
  for (let round = -1; round < rounds; round++) {
    for (const [index, session] of sessions.entries()) {
      const start = performance.now();
      [results[index]] = await session.run(inputs);
      if (round >= 0) times[index].push(performance.now() - start);
    }
  }
  await Promise.all(sessions.map((session) => session.dispose()));
  const [plain, ...bytes] = times.map(median);
  return [
    title,
    plain.toFixed(1),
    ...bytes.flatMap((time, index) => [
      time.toFixed(1),
      (plain / time).toFixed(2),
      `${(100 * distance(results[index + 1], results[0])).toFixed(2)} %`,
    ]),
  ];
}

/** FG-CLIP 2 of base's sizes, shown a picture of 27×36 patches. */
async function fgclip2Rows(folder: string): Promise<string[][]> {
  const config = baseConfig();
  await writeRandomFgClip2(config, folder);
  const weights = Object.fromEntries((await loadFgClip2Folder(folder)).parameters);
  const functions = modelFunctions(config);
  const [down, across] = [27, 36].map((to) => bilinearMatrix(config.vision.positionSide, to));
  const encode = (w: Parameters, x: tf.Tensor3D) =>
    functions.encodePatches(
      w,
      x,
      functions.positions(w, tf.tensor2d(down, [27, 16]), tf.tensor2d(across, [36, 16])),
    ).tokens;
  const heads = { image: functions.imageFeatures, dense: functions.denseFeatures };
  const found: string[][] = [];
  for (const [name, head] of Object.entries(heads)) {
    const fn = (w: Parameters, x: tf.Tensor3D) => head(w, encode(w, x));
    const title = `FG-CLIP 2 base, ${name} features, 972 patches`;
    found.push(await row(title, fn as Fn, weights, normal([1, 27 * 36, 768])));
  }
  const texts = (w: Parameters, x: tf.Tensor3D) =>
    functions.shortTexts(w, functions.encodeTexts(w, x));
  const title = 'FG-CLIP 2 base, 8 short texts';
  found.push(await row(title, texts as Fn, weights, normal([8, config.text.positions, 768])));
  return found;
}

/** The length of the difference relative to that of `b`. */
function distance(a: NdArray, b: NdArray): number {
  let [difference, size] = [0, 0];
  for (let i = 0; i < b.size; i++) {
    difference += (a.data[i] - b.data[i]) ** 2;
    size += b.data[i] ** 2;
  }
  return Math.sqrt(difference / size);
}

function normal(shape: number[]): NdArray {
  const random = createRandom(shape[0]);
  const size = shape.reduce((product, side) => product * side, 1);
  return ndarray(
    Float32Array.from({ length: size }, () => random.normal()),
    shape,
  );
}

function hasVnni(): string {
  try {
    return /vnni/.test(readFileSync('/proc/cpuinfo', 'utf8')) ? 'VNNI' : 'no VNNI';
  } catch {
    return 'VNNI unknown';
  }
}

const folder = mkdtempSync(join(tmpdir(), 'fgdet-bench-'));
try {
  const product = (weight: tf.Tensor2D, x: tf.Tensor2D) => tf.matMul(x, weight, false, true);
  const shape = '1576×768 by 768×3072';
  const rows = [await row(shape, product as Fn, normal([3072, 768]), normal([1576, 768]))];
  const config = configOfSize(values.size);
  await writeRandomModel(config, folder);
  const { parameters } = await loadModelFolder(folder);
  const { vision } = config;
  const features = (weights: Parameters, pixels: tf.Tensor4D) =>
    globalFeatures(weights, vision, encodePixels(weights, vision, pixels));
  const pixels = normal([8, vision.channels, vision.imageSize, vision.imageSize]);
  const weights = Object.fromEntries(parameters);
  rows.push(await row('image features, batch 8', features as Fn, weights, pixels));
  rows.push(...(await fgclip2Rows(join(folder, 'fgclip2'))));
  const signed = (await signedBytesAreExact()) ? 'exact' : 'not exact, and so not used';
  console.log(
    `${cpus()[0].model} (${hasVnni()}), ${threads} threads. Signed bytes are ${signed} here.\n`,
  );
  const header = ['', 'float32 ms', 'unsigned ms', 'times as fast', 'off by'];
  console.log(markdownTable([...header, 'signed ms', 'times as fast', 'off by'], rows));
} finally {
  rmSync(folder, { recursive: true });
}
