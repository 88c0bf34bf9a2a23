import { backend_util } from '@tensorflow/tfjs-core';
import { type ElementType, type Graph, microsoftDomain, type Value } from '../graph.js';
import { defineKernel } from './define.js';

type Emit = (graph: Graph, a: Value, b: Value) => Value;

function broadcast(a: Value, b: Value): number[] {
  return backend_util.assertAndGetBroadcastShape([...a.shape], [...b.shape]);
}

/** A binary ONNX operator that broadcasts as tfjs does; `dtype` when it differs from the operands'. */
function binary(opType: string, dtype?: ElementType): Emit {
  return (graph, a, b) => graph.node(opType, [a, b], broadcast(a, b), dtype ?? a.dtype);
}

const floorDivide: Emit = (graph, a, b) => {
  if (a.dtype === 'float32') return floor(graph, binary('Div')(graph, a, b));
  // ONNX divides integers toward zero; tfjs rounds the quotient down.
  const [x, y] = [graph.cast(a, 'float32'), graph.cast(b, 'float32')];
  return graph.cast(floor(graph, binary('Div')(graph, x, y)), 'int32');
};

function floor(graph: Graph, x: Value): Value {
  return graph.node('Floor', [x], x.shape, x.dtype);
}

const binaryKernels: Record<string, Emit> = {
  Add: binary('Add'),
  Sub: binary('Sub'),
  Multiply: binary('Mul'),
  RealDiv: (graph, a, b) =>
    a.dtype === 'int32'
      ? graph.cast(
          binary('Div')(graph, graph.cast(a, 'float32'), graph.cast(b, 'float32')),
          'int32',
        )
      : binary('Div')(graph, a, b),
  FloorDiv: floorDivide,
  // The sign of the result is the divisor's, as in Python; for floats ONNX only offers C's fmod.
  Mod: (graph, a, b) => {
    const quotient = floorDivide(graph, a, b);
    return binary('Sub')(graph, a, binary('Mul')(graph, quotient, b));
  },
  Pow: binary('Pow'),
  Maximum: binary('Max'),
  Minimum: binary('Min'),
  SquaredDifference: (graph, a, b) => {
    const difference = binary('Sub')(graph, a, b);
    return binary('Mul')(graph, difference, difference);
  },
  Greater: binary('Greater', 'bool'),
  GreaterEqual: binary('GreaterOrEqual', 'bool'),
  Less: binary('Less', 'bool'),
  LessEqual: binary('LessOrEqual', 'bool'),
  Equal: binary('Equal', 'bool'),
  NotEqual: (graph, a, b) => {
    const equal = binary('Equal', 'bool')(graph, a, b);
    return graph.node('Not', [equal], equal.shape, 'bool');
  },
  LogicalAnd: binary('And', 'bool'),
  LogicalOr: binary('Or', 'bool'),
};

for (const [name, emit] of Object.entries(binaryKernels)) {
  defineKernel(name, ({ graph, inputs: { a, b } }) => emit(graph, a, b));
}

type EmitUnary = (graph: Graph, x: Value, attributes: Record<string, unknown>) => Value;

function unary(opType: string, dtype?: ElementType): EmitUnary {
  return (graph, x) => graph.node(opType, [x], x.shape, dtype ?? x.dtype);
}

/** Floats that ONNX computes on floats only: other operands are converted as tfjs does. */
function real(emit: EmitUnary): EmitUnary {
  return (graph, x, attributes) => emit(graph, graph.cast(x, 'float32'), attributes);
}

function scaled(
  opType: 'Add' | 'Sub' | 'Mul' | 'Div',
  x: Value,
  number: number,
  graph: Graph,
): Value {
  return graph.node(opType, [x, graph.scalar(number)], x.shape, x.dtype);
}

const unaryKernels: Record<string, EmitUnary> = {
  Abs: unary('Abs'),
  Neg: unary('Neg'),
  Sign: unary('Sign'),
  Exp: real(unary('Exp')),
  Log: real(unary('Log')),
  Log1p: real((graph, x) => unary('Log')(graph, scaled('Add', x, 1, graph), {})),
  Expm1: real((graph, x) => scaled('Sub', unary('Exp')(graph, x, {}), 1, graph)),
  Sqrt: real(unary('Sqrt')),
  Rsqrt: real((graph, x) => unary('Reciprocal')(graph, unary('Sqrt')(graph, x, {}), {})),
  Reciprocal: real(unary('Reciprocal')),
  Square: (graph, x) => graph.node('Mul', [x, x], x.shape, x.dtype),
  Sigmoid: real(unary('Sigmoid')),
  Tanh: real(unary('Tanh')),
  Softplus: real(unary('Softplus')),
  Erf: real(unary('Erf')),
  Sin: real(unary('Sin')),
  Cos: real(unary('Cos')),
  Floor: real(unary('Floor')),
  Ceil: real(unary('Ceil')),
  Round: real(unary('Round')),
  Relu: (graph, x) =>
    x.dtype === 'float32' ? unary('Relu')(graph, x, {}) : clip(graph, x, 0, Infinity),
  Relu6: (graph, x) => clip(graph, x, 0, 6),
  Elu: real(unary('Elu')),
  LeakyRelu: real((graph, x, { alpha }) =>
    graph.node('LeakyRelu', [x], x.shape, x.dtype, { alpha: { float: alpha as number } }),
  ),
  ClipByValue: (graph, x, { clipValueMin, clipValueMax }) =>
    clip(graph, x, clipValueMin as number, clipValueMax as number),
  Step: (graph, x, { alpha }) => {
    const zero = graph.constant([0], [], x.dtype);
    const positive = graph.node('Greater', [x, zero], x.shape, 'bool');
    const [one, other] = [1, alpha as number].map((number) =>
      graph.constant([number], [], x.dtype),
    );
    return graph.node('Where', [positive, one, other], x.shape, x.dtype);
  },
  LogicalNot: unary('Not', 'bool'),
  IsNan: unary('IsNaN', 'bool'),
  IsInf: unary('IsInf', 'bool'),
  IsFinite: (graph, x) => {
    const broken = [unary('IsNaN', 'bool')(graph, x, {}), unary('IsInf', 'bool')(graph, x, {})];
    return unary('Not')(graph, graph.node('Or', broken, x.shape, 'bool'), {});
  },
  Identity: (_graph, x) => x,
  Cast: (graph, x, { dtype }) => cast(graph, x, dtype as ElementType),
};

function clip(graph: Graph, x: Value, low: number, high: number): Value {
  const bound = (number: number) =>
    Number.isFinite(number) ? graph.constant([number], [], x.dtype) : undefined;
  return graph.node('Clip', [x, bound(low), bound(high)], x.shape, x.dtype);
}

function cast(graph: Graph, x: Value, dtype: ElementType): Value {
  if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool') {
    throw new Error(`cast to ${dtype}, which compiled functions do not have.`);
  }
  if (x.constant && dtype === 'float32') return graph.constant(x.constant, x.shape, dtype);
  return graph.cast(x, dtype);
}

for (const [name, emit] of Object.entries(unaryKernels)) {
  defineKernel(name, ({ graph, inputs, attributes }) =>
    emit(graph, inputs.x ?? inputs.a, attributes),
  );
}

defineKernel('QuickGelu', ({ graph, inputs: { x } }) =>
  graph.target === 'portable'
    ? graph.node(
        'Mul',
        [x, unary('Sigmoid')(graph, scaled('Mul', x, 1.702, graph), {})],
        x.shape,
        x.dtype,
      )
    : graph.node('QuickGelu', [x], x.shape, x.dtype, { alpha: { float: 1.702 } }, microsoftDomain),
);

defineKernel('Gelu', ({ graph, inputs: { x } }) => {
  if (graph.target !== 'portable') {
    return graph.node('Gelu', [x], x.shape, x.dtype, {}, microsoftDomain);
  }
  const erf = unary('Erf')(graph, scaled('Mul', x, Math.SQRT1_2, graph), {});
  return graph.node(
    'Mul',
    [scaled('Mul', x, 0.5, graph), scaled('Add', erf, 1, graph)],
    x.shape,
    x.dtype,
  );
});

defineKernel('Select', ({ graph, inputs: { condition, t, e } }) => {
  // A condition of lower rank picks whole rows.
  const aligned = [...condition.shape, ...t.shape.slice(condition.shape.length).map(() => 1)];
  return graph.node('Where', [graph.reshape(condition, aligned), t, e], t.shape, t.dtype);
});

defineKernel('AddN', ({ graph, inputs }) => {
  const terms = Object.values(inputs);
  return terms.length === 1 ? terms[0] : graph.node('Sum', terms, terms[0].shape, terms[0].dtype);
});
