import { backend_util } from '@tensorflow/tfjs-core';
import { type ElementType, type Graph, microsoftDomain, type Value } from '../graph.js';
import { elementType } from '../tracer.js';
import { defineKernel } from './define.js';

type Emit = (graph: Graph, a: Value, b: Value) => Value;

function broadcast(a: Value, b: Value): number[] {
  return backend_util.assertAndGetBroadcastShape([...a.shape], [...b.shape]);
}

/** A binary ONNX operator that broadcasts as tfjs does; `dtype` when it differs from the operands'. */
function binary(opType: string, dtype?: ElementType): Emit {
  return (graph, a, b) => graph.node(opType, [a, b], broadcast(a, b), dtype ?? a.dtype);
}

/** The quotient rounded down, where ONNX divides integers toward zero; in floats. */
const flooredQuotient: Emit = (graph, a, b) => {
  const quotient = binary('Div')(graph, graph.cast(a, 'float32'), graph.cast(b, 'float32'));
  return graph.node('Floor', [quotient], quotient.shape, 'float32');
};

/** A comparison by size, which ONNX has for numbers only. */
function order(opType: string): Emit {
  return (graph, a, b) => {
    const number = (x: Value) => (x.dtype === 'bool' ? graph.cast(x, 'int32') : x);
    return binary(opType, 'bool')(graph, number(a), number(b));
  };
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
  FloorDiv: (graph, a, b) => graph.cast(flooredQuotient(graph, a, b), 'int32'),
  // The sign of the result is the divisor's, as in Python; for floats ONNX only offers C's fmod.
  Mod: (graph, a, b) => {
    const quotient = graph.cast(flooredQuotient(graph, a, b), a.dtype);
    return binary('Sub')(graph, a, binary('Mul')(graph, quotient, b));
  },
  Pow: binary('Pow'),
  Maximum: binary('Max'),
  Minimum: binary('Min'),
  SquaredDifference: (graph, a, b) => {
    const difference = binary('Sub')(graph, a, b);
    return binary('Mul')(graph, difference, difference);
  },
  Greater: order('Greater'),
  GreaterEqual: order('GreaterOrEqual'),
  Less: order('Less'),
  LessEqual: order('LessOrEqual'),
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

/** What ONNX computes on floats only: other operands are converted as tfjs does. */
function real(emit: EmitUnary): EmitUnary {
  return (graph, x, attributes) => emit(graph, graph.cast(x, 'float32'), attributes);
}

/** Likewise, where tfjs's result has the operand's dtype all the same. */
function realKept(emit: EmitUnary): EmitUnary {
  return (graph, x, attributes) => graph.cast(real(emit)(graph, x, attributes), x.dtype);
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
  Log1p: realKept((graph, x) => unary('Log')(graph, scaled('Add', x, 1, graph), {})),
  Expm1: realKept((graph, x) => scaled('Sub', unary('Exp')(graph, x, {}), 1, graph)),
  Sqrt: real(unary('Sqrt')),
  Rsqrt: real((graph, x) => unary('Reciprocal')(graph, unary('Sqrt')(graph, x, {}), {})),
  Reciprocal: realKept(unary('Reciprocal')),
  Square: (graph, x) => graph.node('Mul', [x, x], x.shape, x.dtype),
  Sigmoid: real(unary('Sigmoid')),
  Tanh: real(unary('Tanh')),
  Softplus: realKept(unary('Softplus')),
  Erf: real(unary('Erf')),
  Sin: real(unary('Sin')),
  Cos: real(unary('Cos')),
  Floor: real(unary('Floor')),
  Ceil: real(unary('Ceil')),
  Round: realKept(unary('Round')),
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
  Cast: (graph, x, { dtype }) => cast(graph, x, elementType(dtype)),
};

function clip(graph: Graph, x: Value, low: number, high: number): Value {
  const bound = (number: number) =>
    Number.isFinite(number) ? graph.constant([number], [], x.dtype) : undefined;
  return graph.node('Clip', [x, bound(low), bound(high)], x.shape, x.dtype);
}

function cast(graph: Graph, x: Value, dtype: ElementType): Value {
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

defineKernel('GeluTanh', ({ graph, inputs: { x } }) => {
  // onnxruntime's operator takes no numbers.
  if (graph.target !== 'portable' && x.shape.length > 0) {
    return graph.node('FastGelu', [x], x.shape, x.dtype, {}, microsoftDomain);
  }
  const product = (a: Value, b: Value) => graph.node('Mul', [a, b], x.shape, x.dtype);
  const share = scaled('Add', scaled('Mul', product(x, x), 0.044715, graph), 1, graph);
  const bent = scaled('Mul', product(x, share), Math.sqrt(2 / Math.PI), graph);
  const gate = scaled('Add', unary('Tanh')(graph, bent, {}), 1, graph);
  return product(scaled('Mul', x, 0.5, graph), gate);
});

defineKernel('EluGrad', ({ graph, inputs: { dy, y } }) => {
  // The derivative is 1 above zero and eˣ = y + 1 below.
  const negative = graph.node('Min', [y, graph.scalar(0)], y.shape, 'float32');
  return graph.node('Mul', [dy, scaled('Add', negative, 1, graph)], dy.shape, 'float32');
});

defineKernel('Select', ({ graph, inputs: { condition, t, e } }) => {
  if (t.dtype !== 'bool') return graph.node('Where', [condition, t, e], t.shape, t.dtype);
  // onnxruntime has no Where for booleans.
  const and = (a: Value, b: Value) => graph.node('And', [a, b], t.shape, 'bool');
  const not = graph.node('Not', [condition], condition.shape, 'bool');
  return graph.node('Or', [and(condition, t), and(not, e)], t.shape, 'bool');
});

defineKernel('AddN', ({ graph, inputs }) => {
  const [first, ...others] = Object.values(inputs);
  if (others.length === 0) return first;
  if (first.dtype === 'float32') {
    return graph.node('Sum', [first, ...others], first.shape, 'float32');
  }
  return others.reduce((sum, term) => graph.node('Add', [sum, term], sum.shape, sum.dtype), first);
});
