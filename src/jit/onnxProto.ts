import protobuf from 'protobufjs/light.js';
import {
  type Attribute,
  elementTypeCode,
  type Graph,
  type GraphNode,
  type Value,
} from './graph.js';
import { NdArray } from './ndarray.js';

/** The part of onnx.proto (opset 17, IR 8) that graphs use; field numbers as published with ONNX. */
const descriptor = {
  nested: {
    ModelProto: message({
      irVersion: ['int64', 1],
      producerName: ['string', 2],
      graph: ['GraphProto', 7],
      opsetImport: ['OperatorSetIdProto', 8, 'repeated'],
    }),
    OperatorSetIdProto: message({ domain: ['string', 1], version: ['int64', 2] }),
    GraphProto: message({
      node: ['NodeProto', 1, 'repeated'],
      name: ['string', 2],
      initializer: ['TensorProto', 5, 'repeated'],
      input: ['ValueInfoProto', 11, 'repeated'],
      output: ['ValueInfoProto', 12, 'repeated'],
    }),
    NodeProto: message({
      input: ['string', 1, 'repeated'],
      output: ['string', 2, 'repeated'],
      name: ['string', 3],
      opType: ['string', 4],
      attribute: ['AttributeProto', 5, 'repeated'],
      domain: ['string', 7],
    }),
    AttributeProto: message({
      name: ['string', 1],
      f: ['float', 2],
      i: ['int64', 3],
      s: ['bytes', 4],
      floats: ['float', 7, 'repeated'],
      ints: ['int64', 8, 'repeated'],
      type: ['int32', 20],
    }),
    TensorProto: message({
      dims: ['int64', 1, 'repeated'],
      dataType: ['int32', 2],
      name: ['string', 8],
      rawData: ['bytes', 9],
      externalData: ['StringStringEntryProto', 13, 'repeated'],
      dataLocation: ['int32', 14],
    }),
    StringStringEntryProto: message({ key: ['string', 1], value: ['string', 2] }),
    ValueInfoProto: message({ name: ['string', 1], type: ['TypeProto', 2] }),
    TypeProto: message({ tensorType: ['TensorTypeProto', 1] }),
    TensorTypeProto: message({ elemType: ['int32', 1], shape: ['TensorShapeProto', 2] }),
    TensorShapeProto: message({ dim: ['DimensionProto', 1, 'repeated'] }),
    DimensionProto: message({ dimValue: ['int64', 1], dimParam: ['string', 2] }),
  },
};

type Field = [type: string, id: number, rule?: 'repeated'];

function message(fields: Record<string, Field>) {
  return {
    fields: Object.fromEntries(
      Object.entries(fields).map(([name, [type, id, rule]]) => [name, { type, id, rule }]),
    ),
  };
}

let modelProto: protobuf.Type | undefined;

/** Where a large constant's bytes lie outside the model: a file name and a stretch of it. */
export interface ExternalLocation {
  location: string;
  offset: number;
  length: number;
}

/**
 * Serialises a graph as an ONNX model.
 * @param external says where an array's bytes lie, or `undefined` to put them into the model itself.
 */
export function encodeModel(
  graph: Graph,
  external: (array: NdArray, name: string) => ExternalLocation | undefined,
): Uint8Array {
  modelProto ??= protobuf.Root.fromJSON(descriptor).lookupType('ModelProto');
  const domains = new Set(graph.nodes.map((node) => node.domain));
  domains.add('');
  return modelProto
    .encode({
      irVersion: 8,
      producerName: 'fgdet',
      opsetImport: [...domains].map((domain) => ({ domain, version: domain === '' ? 17 : 1 })),
      graph: {
        name: 'fgdet',
        node: graph.nodes.map(nodeProto),
        initializer: graph.initializers.map(({ value, data }) => ({
          name: value.name,
          dims: value.shape,
          dataType: elementTypeCode[value.dtype],
          ...(data instanceof NdArray
            ? arrayBytes(data, external(data, value.name))
            : { rawData: bytesOf(data) }),
        })),
        input: graph.inputs.map(valueInfo),
        output: graph.outputs.map(valueInfo),
      },
    })
    .finish();
}

function arrayBytes(array: NdArray, place: ExternalLocation | undefined) {
  if (!place) return { rawData: array.bytes };
  const entries = { location: place.location, offset: place.offset, length: place.length };
  return {
    dataLocation: 1,
    externalData: Object.entries(entries).map(([key, value]) => ({ key, value: String(value) })),
  };
}

/** The bytes of a typed array, little-endian as everywhere Node.js runs. */
export function bytesOf(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function nodeProto(node: GraphNode) {
  return {
    name: node.outputs[0].name,
    opType: node.opType,
    domain: node.domain,
    input: node.inputs.map((input) => input?.name ?? ''),
    output: node.outputs.map((output) => output.name),
    attribute: Object.entries(node.attributes).map(([name, value]) => attributeProto(name, value)),
  };
}

function attributeProto(name: string, value: Attribute) {
  if (typeof value === 'number') return { name, type: 2, i: value };
  if (typeof value === 'string') return { name, type: 3, s: Buffer.from(value) };
  if ('float' in value) return { name, type: 1, f: value.float };
  if ('floats' in value) return { name, type: 6, floats: value.floats };
  return { name, type: 7, ints: value };
}

function valueInfo(value: Value) {
  return {
    name: value.name,
    type: {
      tensorType: {
        elemType: elementTypeCode[value.dtype],
        shape: {
          dim: (value.dimensions ?? value.shape).map((dimension) =>
            typeof dimension === 'string' ? { dimParam: dimension } : { dimValue: dimension },
          ),
        },
      },
    },
  };
}
