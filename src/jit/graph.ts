import type { CompiledDevice } from './deviceNames.js';
import { type DType, type NarrowForm, NdArray, sizeOf, type TypedArray } from './ndarray.js';

/** Element types a graph uses inside; only the first three cross its border. */
export type ElementType = DType | NarrowForm['type'] | 'int64' | 'uint8';

/** A dimension: its size, or the name of one that runs may choose. */
export type Dimension = number | string;

/** A tensor of the graph: the name its producer gives it, with its static shape. */
export interface Value {
  name: string;
  shape: readonly number[];
  dtype: ElementType;
  /** Its shape with the names of dimensions that runs may choose, for inputs and outputs of graphs that have some. */
  dimensions?: readonly Dimension[];
  /** The node that computes it; none for inputs and constants. */
  producer?: GraphNode;
  /** The values, for constants that were small enough to look at. */
  constant?: ArrayLike<number>;
}

export type Attribute =
  | number
  | string
  | { float: number }
  | readonly number[]
  | { floats: readonly number[] };

export interface GraphNode {
  opType: string;
  domain: string;
  inputs: (Value | undefined)[];
  outputs: Value[];
  attributes: Record<string, Attribute>;
}

/** A constant of the graph: an array of the user's (a weight), or numbers the graph needs inside. */
export interface Initializer {
  value: Value;
  data: NdArray | TypedArray | Int8Array | BigInt64Array;
}

/** What graphs are made for: a device of onnxruntime's, or `portable`: standard ONNX operators only. */
export type Target = CompiledDevice | 'portable';

export const microsoftDomain = 'com.microsoft';

/** Constants up to this many values are kept at hand and shared between equal uses. */
const smallConstant = 64;

/** A dataflow graph of ONNX operators (opset 17) under construction. */
export class Graph {
  readonly target: Target;
  readonly inputs: Value[] = [];
  readonly nodes: GraphNode[] = [];
  readonly initializers: Initializer[] = [];
  outputs: Value[] = [];
  #counter = 0;
  #shared = new Map<string, Value>();

  constructor(target: Target) {
    this.target = target;
  }

  /** Declares an input. */
  input(name: string, shape: readonly number[], dtype: DType): Value {
    const value: Value = { name, shape, dtype };
    this.inputs.push(value);
    return value;
  }

  /**
   * Adds an array of the user's as a constant, by reference. One in a shorter form stays as it is stored;
   * onnxruntime widens it while loading, or where it is used.
   */
  weight(name: string, array: NdArray): Value {
    const value: Value = { name, shape: array.shape, dtype: array.narrow?.type ?? array.dtype };
    this.initializers.push({ value, data: array });
    return this.cast(value, array.dtype);
  }

  /** The user's array behind a constant that `weight` added. */
  weightBehind(value: Value): NdArray | undefined {
    const stored = value.producer?.opType === 'Cast' ? value.producer.inputs[0] : value;
    const data = this.initializers.find((initializer) => initializer.value === stored)?.data;
    return data instanceof NdArray ? data : undefined;
  }

  /** Adds numbers as a constant; equal small ones are shared. */
  constant(data: ArrayLike<number>, shape: readonly number[], dtype: ElementType): Value {
    const small = data.length <= smallConstant;
    const key = small ? `${dtype}[${shape}]${Array.from(data, bitsOf)}` : '';
    const known = small ? this.#shared.get(key) : undefined;
    if (known) return known;
    const value: Value = { name: `constant_${this.#counter++}`, shape, dtype };
    const typed = toTyped(data, dtype);
    if (small) {
      value.constant = Array.from(data);
      this.#shared.set(key, value);
    }
    this.initializers.push({ value, data: typed });
    return value;
  }

  /** A float32 scalar. */
  scalar(number: number): Value {
    return this.constant([number], [], 'float32');
  }

  /** A list of int64, the form in which ONNX takes shapes, axes and indices. */
  int64s(numbers: readonly number[]): Value {
    return this.constant(numbers, [numbers.length], 'int64');
  }

  /** Adds a node with one output. */
  node(
    opType: string,
    inputs: (Value | undefined)[],
    shape: readonly number[],
    dtype: ElementType,
    attributes: Record<string, Attribute> = {},
    domain = '',
  ): Value {
    return this.nodeWithOutputs(opType, inputs, [{ shape, dtype }], attributes, domain)[0];
  }

  /** Adds a node with several outputs. */
  nodeWithOutputs(
    opType: string,
    inputs: (Value | undefined)[],
    outputs: readonly { shape: readonly number[]; dtype: ElementType }[],
    attributes: Record<string, Attribute> = {},
    domain = '',
  ): Value[] {
    if (numeric.has(opType) && inputs.some((input) => input?.dtype === 'bool')) {
      throw new Error("booleans are no numbers here; tf.cast(x, 'int32') or tf.where help.");
    }
    const node: GraphNode = { opType, domain, inputs, outputs: [], attributes };
    node.outputs = outputs.map(({ shape, dtype }) => ({
      name: `${opType}_${this.#counter++}`,
      shape,
      dtype,
      producer: node,
    }));
    this.nodes.push(node);
    return node.outputs;
  }

  /**
   * A value with other dimensions. Chains of reshapes collapse to the first value, so that a weight
   * passed through several reshapes still reaches its operator as the constant it is.
   */
  reshape(value: Value, shape: readonly number[]): Value {
    let source = value;
    while (source.producer?.opType === 'Reshape') source = source.producer.inputs[0]!;
    if (sameShape(source.shape, shape)) return source;
    if (source.constant) return this.constant(source.constant, shape, source.dtype);
    // Without `allowzero`, a zero would mean the dimension of the operand.
    const attributes: Record<string, Attribute> = shape.includes(0) ? { allowzero: 1 } : {};
    return this.node('Reshape', [source, this.int64s(shape)], shape, source.dtype, attributes);
  }

  cast(value: Value, dtype: ElementType): Value {
    if (value.dtype === dtype) return value;
    return this.node('Cast', [value], value.shape, dtype, { to: elementTypeCode[dtype] });
  }

  /** A value with its dimensions in another order. Two transposes in a row become one, or none. */
  transpose(value: Value, permutation: readonly number[]): Value {
    if (permutation.every((axis, index) => axis === index)) return value;
    if (value.producer?.opType === 'Transpose') {
      const earlier = value.producer.attributes.perm as readonly number[];
      return this.transpose(
        value.producer.inputs[0]!,
        permutation.map((axis) => earlier[axis]),
      );
    }
    const shape = permutation.map((axis) => value.shape[axis]);
    // Moving dimensions of size one about does not move any data.
    const moved = permutation.filter((axis) => value.shape[axis] !== 1);
    if (moved.every((axis, index) => index === 0 || axis > moved[index - 1])) {
      return this.reshape(value, shape);
    }
    return this.node('Transpose', [value], shape, value.dtype, { perm: permutation });
  }

  /** One number repeated to fill a shape, without storing it more than once. */
  fill(number: number, shape: readonly number[], dtype: ElementType): Value {
    if (sizeOf(shape) === 0) return this.constant([], shape, dtype);
    const single = this.constant([number], [1], dtype);
    if (sizeOf(shape) === 1) return this.reshape(single, shape);
    return this.node('Expand', [single, this.int64s(shape)], shape, dtype);
  }

  /** Drops nodes, constants and outputs of nodes that nothing asks for. */
  prune(): void {
    const wanted = new Set<Value>(this.outputs);
    const nodes: GraphNode[] = [];
    for (const node of [...this.nodes].reverse()) {
      if (!node.outputs.some((output) => wanted.has(output))) continue;
      for (const input of node.inputs) if (input) wanted.add(input);
      nodes.push(node);
    }
    this.nodes.splice(0, this.nodes.length, ...nodes.reverse());
    const kept = this.initializers.filter(({ value }) => wanted.has(value));
    this.initializers.splice(0, this.initializers.length, ...kept);
    // Optional outputs (a layer norm's mean, say) are left out at the end of the list only.
    for (const node of this.nodes) {
      if (allOutputs.has(node.opType)) continue;
      while (!wanted.has(node.outputs[node.outputs.length - 1])) node.outputs.pop();
    }
  }
}

/** Operators of several outputs, none of them optional. */
const allOutputs = new Set(['TopK', 'DynamicQuantizeLinear']);

/** Operators that take no booleans. */
const numeric = new Set(
  'Abs Add Clip CumSum Div Max Min Mul Neg Pow Sign Sub Sum ArgMax ArgMin TopK'.split(' '),
);

/** onnx.TensorProto.DataType. */
export const elementTypeCode: Record<ElementType, number> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  bfloat16: 16,
};

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dimension, index) => dimension === b[index]);
}

function bitsOf(number: number): string {
  return Object.is(number, -0) ? '-0' : String(number);
}

function toTyped(data: ArrayLike<number>, dtype: ElementType): Initializer['data'] {
  switch (dtype) {
    case 'float32':
      return new Float32Array(data);
    case 'int32':
      return new Int32Array(data);
    case 'int64':
      return BigInt64Array.from(Array.from(data, BigInt));
    case 'int8':
      return new Int8Array(data);
    case 'uint8':
    case 'bool':
      return new Uint8Array(data);
    default:
      throw new Error(`constants in ${dtype} come from files only.`);
  }
}
