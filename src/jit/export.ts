import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { UserError } from '../errors.js';
import { writeAtomically } from '../files/atomicFile.js';
import { isEager, withoutOnnx } from './deviceNames.js';
import type { Dimension, Target, Value } from './graph.js';
import type { DType, NdArray } from './ndarray.js';
import { type ExternalLocation, encodeModel } from './onnxProto.js';
import type { Precision, Trace } from './tracer.js';

export interface ExportOptions {
  /** Names of the file's inputs and outputs, in order; default: the paths they had in the traced function. */
  inputs?: readonly string[];
  outputs?: readonly string[];
  /** Weights of more bytes than this in all go to a file of their own. Default 1.5 GB; ONNX files end at 2 GB. */
  mostInline?: number;
}

export interface ExportedModel {
  file: string;
  /** The file with the weights, which must lie beside `file`; absent when the weights are inside. */
  data?: string;
  inputs: ExportedPort[];
  outputs: ExportedPort[];
}

/** An input or output of a file. */
export interface ExportedPort {
  name: string;
  /** A dimension with a name may have any size. */
  shape: readonly Dimension[];
  dtype: DType;
}

/** @throws UserError for a target that has no files, or none of this precision. */
export function refuseTarget(target: Target, precision: Precision | undefined): void {
  if (isEager(target)) throw new UserError(withoutOnnx(target));
  if (precision === 'int8' && target !== 'portable' && target !== 'cpu') {
    throw new UserError(`Precision int8 is for the targets portable and cpu, not ${target}.`);
  }
}

/** Arrays below this many bytes stay inside the model in any case. */
const smallArray = 1024;

/** Offsets in a file of weights are multiples of this, so that they can be mapped. */
const alignment = 4096;

/**
 * Writes a traced function as an ONNX file (opset 17); the trace is used up. With the target `portable`
 * the file holds standard operators only and runs wherever ONNX does. The file, and before it the one with
 * its weights if there are too many, is replaced atomically.
 */
export async function exportOnnx(
  { graph }: Trace,
  file: string,
  { inputs, outputs, mostInline = 1.5e9 }: ExportOptions = {},
): Promise<ExportedModel> {
  rename(graph.inputs, inputs);
  rename(graph.outputs, outputs);
  for (const { value } of graph.initializers) {
    value.name = value.name.replace(/^constant\[\d+\]\.?(?=.)/, '');
  }
  const weight = graph.initializers.reduce((sum, { data }) => sum + data.byteLength, 0);
  const data = weight > mostInline ? `${file}.data` : undefined;
  const arrays: { array: NdArray; offset: number }[] = [];
  let end = 0;
  const place = (array: NdArray): ExternalLocation | undefined => {
    const length = array.byteLength;
    if (!data || length < smallArray) return undefined;
    const offset = Math.ceil(end / alignment) * alignment;
    arrays.push({ array, offset });
    end = offset + length;
    return { location: basename(data), offset, length };
  };
  const model = encodeModel(graph, place);
  if (data) {
    await writeAtomically(data, async (target) => {
      let end = 0;
      for (const { array, offset } of arrays) {
        const { bytes } = array;
        await target.writeFile(new Uint8Array(offset - end));
        await target.writeFile(bytes);
        end = offset + bytes.byteLength;
      }
    });
  }
  await writeAtomically(file, (target) => target.writeFile(model));
  if (!data) await rm(`${file}.data`, { force: true });
  return { file, data, inputs: graph.inputs.map(port), outputs: graph.outputs.map(port) };
}

function port({ name, shape, dimensions = shape, dtype }: Value): ExportedPort {
  return { name, shape: dimensions, dtype: dtype as DType };
}

function rename(values: readonly Value[], names: readonly string[] | undefined): void {
  if (names && names.length !== values.length) {
    throw new Error(`${values.length} names are needed, but ${names.length} were given.`);
  }
  values.forEach((value, index) => {
    value.name = names?.[index] ?? value.name;
  });
}
