import { UserError } from '../../src/errors.js';
import { fromFloat16 } from '../../src/jit/halfPrecision.js';
import { type NdArray, ndarray, sizeOf } from '../../src/jit/ndarray.js';
import { stageBlocks, strides } from '../../src/photos/boxArchitecture.js';
import { transposed, type Weights } from './weights.js';

interface Manifest {
  weightsManifest: {
    weights: { name: string; shape: number[]; dtype: string; quantization?: { dtype: string } }[];
  }[];
}

/**
 * Adds NanoDet-g's weights from the files of a tfjs graph model. Its convolutions are numbered: those of the
 * backbone in order, then the lateral ones, then two for each head. The first is turned from blue, green, red to
 * red, green, blue.
 */
export function addNanodet(weights: Weights, json: Buffer, bin: Buffer): void {
  const constants = readConstants(JSON.parse(json.toString()) as Manifest, bin);
  let count = 0;
  /** @param bias its number among the graph's unnamed constants; default twice the convolution's */
  const add = (name: string, bias = 2 * count) => {
    const filter = constants.get(`PartitionedCall/split${count > 0 ? `_${count}` : ''}`);
    const offsets = constants.get(`unknown_${bias}`);
    if (!filter || !offsets) throw new UserError(`nanodet.json has no convolution ${count}.`);
    const weight = transposed(count === 0 ? redFirst(filter) : filter, [3, 2, 0, 1]);
    weights.add(`boxes.${name}.weight`, weight, 'F16');
    weights.add(`boxes.${name}.bias`, offsets, 'F16');
    count++;
  };
  add('stem');
  for (const [index, blocks] of stageBlocks.entries()) {
    add(`stages.${index}.in`);
    for (let block = 0; block < blocks; block++) {
      add(`stages.${index}.blocks.${block}.0`);
      add(`stages.${index}.blocks.${block}.1`);
    }
    add(`stages.${index}.out`);
  }
  for (const level of strides.keys()) add(`lateral.${level}`);
  for (const level of strides.keys()) {
    add(`heads.${level}.conv`, headBiases[level]);
    add(`heads.${level}.out`, headBiases[level] + 2);
  }
}

const headBiases = [60, 66, 70];

/** float32 constants, which are stored in float16 one after the other, between ones in int32. */
function readConstants({ weightsManifest }: Manifest, bin: Buffer): Map<string, NdArray> {
  const constants = new Map<string, NdArray>();
  let offset = 0;
  for (const { name, shape, dtype, quantization } of weightsManifest[0].weights) {
    const halved = quantization?.dtype === 'float16';
    const length = sizeOf(shape) * (halved ? 2 : 4);
    if (dtype === 'float32' && halved) {
      const { buffer } = Uint8Array.from(bin.subarray(offset, offset + length));
      constants.set(name, ndarray(fromFloat16(new Uint16Array(buffer)), shape));
    }
    offset += length;
  }
  if (offset !== bin.length) throw new UserError(`nanodet.bin has not ${offset} bytes.`);
  return constants;
}

/** A filter [height, width, 3, out] with its colours in reverse. */
function redFirst({ data, shape }: NdArray): NdArray {
  const [height, width, colours, out] = shape;
  const values = new Float32Array(data.length);
  for (let place = 0; place < height * width; place++) {
    for (let colour = 0; colour < colours; colour++) {
      const from = (place * colours + colour) * out;
      const to = (place * colours + colours - 1 - colour) * out;
      values.set(data.subarray(from, from + out), to);
    }
  }
  return ndarray(values, shape);
}
