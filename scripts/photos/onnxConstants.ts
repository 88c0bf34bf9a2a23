import protobuf from 'protobufjs/light.js';

/** The part of onnx.proto that holds constants; field numbers as published with ONNX. */
const descriptor = {
  nested: {
    ModelProto: { fields: { graph: { type: 'GraphProto', id: 7 } } },
    GraphProto: {
      fields: { initializer: { type: 'TensorProto', id: 5, rule: 'repeated' as const } },
    },
    TensorProto: {
      fields: {
        dims: { type: 'int64', id: 1, rule: 'repeated' as const },
        dataType: { type: 'int32', id: 2 },
        name: { type: 'string', id: 8 },
        rawData: { type: 'bytes', id: 9 },
      },
    },
  },
};

/** A constant of an ONNX model. */
export interface OnnxConstant {
  shape: number[];
  /** Of type float32 or int8. */
  values: Float32Array | Int8Array;
}

interface TensorProto {
  dims: (number | { toNumber(): number })[];
  dataType: number;
  name: string;
  rawData: Uint8Array;
}

/** The constants of an ONNX model in float32 and int8, by name, in the model's order; others are left out. */
export function readOnnxConstants(bytes: Uint8Array): Map<string, OnnxConstant> {
  const type = protobuf.Root.fromJSON(descriptor).lookupType('ModelProto');
  const { graph } = type.decode(bytes) as unknown as { graph: { initializer: TensorProto[] } };
  const constants = new Map<string, OnnxConstant>();
  for (const { name, dims, dataType, rawData } of graph.initializer) {
    const shape = dims.map((size) => (typeof size === 'number' ? size : size.toNumber()));
    // A copy, so that the values are aligned.
    const { buffer } = Uint8Array.from(rawData);
    if (dataType === 1) constants.set(name, { shape, values: new Float32Array(buffer) });
    if (dataType === 3) constants.set(name, { shape, values: new Int8Array(buffer) });
  }
  return constants;
}
