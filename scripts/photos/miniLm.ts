import { UserError } from '../../src/errors.js';
import { ndarray } from '../../src/jit/ndarray.js';
import { scaleSuffix } from '../../src/nn/scaleSuffix.js';
import type { TextConfig } from '../../src/photos/config.js';
import type { OnnxConstant } from './onnxConstants.js';
import { transposed, type Weights } from './weights.js';

const dense = [
  'attention.self.query',
  'attention.self.key',
  'attention.self.value',
  'attention.output.dense',
  'intermediate.dense',
  'output.dense',
];
const norms = ['attention.output.LayerNorm', 'output.LayerNorm'];

/**
 * Adds MiniLM's weights from the constants of its ONNX model: matrices in int8 with a scale for each output (for
 * each row of the embeddings), everything else in float32. Products' matrices have no names there; they come in the
 * order in which they are used.
 */
export function addMiniLm(
  weights: Weights,
  config: TextConfig,
  constants: ReadonlyMap<string, OnnxConstant>,
): void {
  const constant = (name: string) => {
    const found = constants.get(name);
    if (!found) throw new UserError(`The MiniLM has no constant "${name}".`);
    return found;
  };
  const array = ({ values, shape }: OnnxConstant) => ndarray(Float32Array.from(values), shape);
  const copy = (name: string) => weights.add(`text.${name}`, array(constant(`inner.${name}`)));
  const copyNorm = (name: string) => {
    copy(`${name}.weight`);
    copy(`${name}.bias`);
  };
  /** @param rows keeps the first ones only */
  const addRows = (name: string, rows: number) => {
    const first = (from: string) => {
      const { shape, values } = constant(`inner.${name}_${from}`);
      const [, columns] = shape;
      return array({ shape: [rows, columns], values: values.subarray(0, rows * columns) });
    };
    weights.add(`text.${name}`, first('q'), 'I8');
    weights.add(`text.${name}${scaleSuffix}`, first('scale'));
  };
  addRows('embeddings.word_embeddings.weight', config.vocabSize);
  addRows('embeddings.position_embeddings.weight', config.positions);
  const types = array(constant('inner.embeddings.token_type_embeddings.weight'));
  const { hiddenSize } = config;
  weights.add(
    'text.embeddings.token_type_embeddings.weight',
    ndarray(types.data.slice(0, hiddenSize), [1, hiddenSize]),
  );
  copyNorm('embeddings.LayerNorm');
  const matrices = [...constants.keys()].filter((name) => /^val_\d+_q$/.test(name));
  if (matrices.length !== config.layers * dense.length) {
    throw new UserError(`The MiniLM has ${matrices.length} matrices.`);
  }
  for (const [index, matrix] of matrices.entries()) {
    const layer = `encoder.layer.${Math.floor(index / dense.length)}`;
    const name = `${layer}.${dense[index % dense.length]}`;
    const scales = array(constant(matrix.replace(/_q$/, '_scale')));
    weights.add(`text.${name}.weight`, transposed(array(constant(matrix)), [1, 0]), 'I8');
    weights.add(`text.${name}.weight${scaleSuffix}`, transposed(scales, [1, 0]));
    copy(`${name}.bias`);
  }
  for (let index = 0; index < config.layers; index++) {
    for (const name of norms) copyNorm(`encoder.layer.${index}.${name}`);
  }
}
