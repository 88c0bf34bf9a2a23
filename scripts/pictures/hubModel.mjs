// A detector in the layout of transformers.js, to try `hub:` without a download: the proposal network of
// models/scenes, as a YOLOS model with one class.
//   node scripts/pictures/hubModel.mjs <build folder> <folder to write>
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';

const [build, target] = process.argv.slice(2);
const own = (file) => import(resolve(build, file));
const [{ encodeWithTaps }, { loadModelFolder }, { exportOnnx }, { traceArrays }, { ndarray }] =
  await Promise.all(
    ['fgclip/vision', 'fgclip/modelFolder', 'jit/export', 'jit/traceArrays', 'jit/ndarray'].map(
      (name) => own(`src/${name}.js`),
    ),
  );
const [{ proposalNetwork }, { networkConfig, levelGrids }, { readNetwork }] = await Promise.all(
  ['network', 'networkConfig', 'networkFile'].map((name) => own(`detectors/proposals/${name}.js`)),
);
const { readDetectorSettings } = await own('detectors/settings.js');
const { readPreprocessing } = await own('src/images/preprocessorConfig.js');

const drawings = 'models/scenes';
const model = await loadModelFolder(drawings);
const { vision } = model.config;
const config = networkConfig(readDetectorSettings(drawings).network, vision);
const { patchSize } = vision;
const patches = { rows: 14, columns: 18 };
const [height, width] = [patches.rows * patchSize, patches.columns * patchSize];

/** The middle of each location and its stride, in shares of the picture's sides. */
const places = levelGrids(patches, config.strides).flatMap(({ rows, columns }, level) =>
  Array.from({ length: rows * columns }, (_, i) => {
    const stride = config.strides[level];
    const [x, y] = [(i % columns) + 0.5, Math.floor(i / columns) + 0.5];
    const [toX, toY] = [stride / patches.columns, stride / patches.rows];
    return [x * toX, y * toY, toX, toY];
  }),
);

/** What YOLOS says of a picture: logits of "thing" and "no object", and boxes by centre and size. */
function detect(parameters, pixels) {
  const { taps } = encodeWithTaps(parameters, vision, pixels, config.taps);
  const predicted = proposalNetwork(parameters, config, taps);
  const column = (from, size = 1) => tf.slice(predicted, [0, 0, from], [-1, -1, size]);
  const place = tf.tensor(places.flat(), [1, places.length, 4]);
  const [middle, stride] = [
    tf.slice(place, [0, 0, 0], [-1, -1, 2]),
    tf.slice(place, [0, 0, 2], [-1, -1, 2]),
  ];
  const first = tf.clipByValue(tf.sub(middle, tf.mul(tf.exp(column(0, 2)), stride)), 0, 1);
  const last = tf.clipByValue(tf.add(middle, tf.mul(tf.exp(column(2, 2)), stride)), 0, 1);
  const quality = tf.sqrt(tf.mul(tf.sigmoid(column(4)), tf.sigmoid(column(5))));
  const thing = tf.log(tf.div(quality, tf.sub(1, quality)));
  return {
    logits: tf.concat([thing, tf.mul(thing, 0)], 2),
    pred_boxes: tf.concat([tf.div(tf.add(first, last), 2), tf.sub(last, first)], 2),
  };
}

const shape = [1, vision.channels, height, width];
const pixels = ndarray(new Float32Array(shape.reduce((a, b) => a * b)), shape);
const weights = await readNetwork(drawings, config, vision.hiddenSize);
const constants = [{ ...Object.fromEntries(model.parameters), ...weights }];
const trace = traceArrays(detect, [pixels], { constants, name: 'YOLOS', target: 'portable' });
mkdirSync(join(target, 'onnx'), { recursive: true });
await exportOnnx(trace, join(target, 'onnx', 'model.onnx'), {
  inputs: ['pixel_values'],
  outputs: ['logits', 'pred_boxes'],
});

const { mean, std, rescaleFactor } = readPreprocessing(drawings);
const write = (name, content) => writeFileSync(join(target, name), JSON.stringify(content));
write('config.json', { model_type: 'yolos', id2label: { 0: 'thing' }, label2id: { thing: 0 } });
write('preprocessor_config.json', {
  image_processor_type: 'YolosImageProcessor',
  feature_extractor_type: 'YolosFeatureExtractor',
  size: { height, width },
  ...{ do_resize: true, do_rescale: true, rescale_factor: rescaleFactor, resample: 3 },
  ...{ do_normalize: true, image_mean: mean, image_std: std },
});
