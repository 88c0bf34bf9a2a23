import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { modelTypes } from '../../../../detectors/proposals/hub/modelTypes.js';
import { type Classes, readOutput } from '../../../../detectors/proposals/hub/readOutput.js';
import { packageRoot } from '../../../../src/files/packageRoot.js';
import { nms } from '../../../../src/geometry/nms.js';

interface Recorded {
  config: { model_type: string; id2label: Record<string, string> };
  logits: { dims: number[]; data: (number | '-inf')[] };
  pred_boxes: { dims: number[]; data: number[] };
  /** Of models that look for texts. */
  texts?: string[];
  input_ids?: number[][];
  /** What PyTorch finds. */
  expected: { score: number; label: number | string; box: number[] }[];
}

// Written by save.py beside it.
const file = join(packageRoot, 'test/fixtures/hubModels/recorded.json');
const { models } = JSON.parse(readFileSync(file, 'utf8')) as { models: Record<string, Recorded> };

const fullStop = 1012;

/** What the columns of the logits mean. */
function classesOf({ config, texts, input_ids: ids }: Recorded): Classes {
  if (!texts || !ids) {
    const named = modelTypes.get(config.model_type)?.classes !== 'COCO ids';
    return { nameOf: (column) => (named ? config.id2label[column] : column) };
  }
  const isSentence = modelTypes.get(config.model_type)?.asks === 'sentence';
  if (!isSentence) return texts.map((name, i) => ({ name, first: i, end: i + 1 }));
  const ends = ids[0].flatMap((id, i) => (id === fullStop ? [i] : []));
  return texts.map((name, i) => ({ name, first: (ends[i - 1] ?? 0) + 1, end: ends[i] }));
}

test('there is a model of each type', () => {
  expect(Object.keys(models).sort()).toEqual([...modelTypes.keys()].sort());
});

describe.each(Object.keys(models))('%s', (kind) => {
  test('scores, boxes and classes are those of PyTorch', () => {
    const recorded = models[kind];
    const floats = ({ dims, data }: { dims: number[]; data: (number | '-inf')[] }) => ({
      ...{ type: 'float32', dims },
      data: Float32Array.from(data, (value) => (value === '-inf' ? -Infinity : value)),
    });
    const output = { logits: floats(recorded.logits), pred_boxes: floats(recorded.pred_boxes) };
    const type = modelTypes.get(recorded.config.model_type)!;
    const all = readOutput(output, type, classesOf(recorded));
    expect(all).toHaveLength(recorded.logits.dims[1]);
    const kept = nms(
      all.map(({ box }) => box),
      all.map(({ quality }) => quality),
      0.7,
    ).map((i) => all[i]);
    const found = kept.filter(({ quality }) => quality >= 0.01);
    expect(found).toHaveLength(recorded.expected.length);
    for (const [i, { score, label, box }] of recorded.expected.entries()) {
      expect(Math.abs(found[i].quality - score)).toBeLessThan(1e-5);
      expect(found[i].category).toBe(label);
      box.forEach((side, k) => {
        expect(Math.abs(found[i].box[k] - side)).toBeLessThan(1e-5);
      });
    }
  });
});

test('background scores little, the last class is found, and two likely classes do not halve each other', () => {
  const logits = {
    type: 'float32',
    dims: [1, 3, 3],
    data: [-4.5, -4.5, -4.5, -6, -6, 2, 3, 3, -6],
  };
  const boxes = { type: 'float32', dims: [1, 3, 4], data: Array(12).fill(0.5) };
  const type = modelTypes.get('rt_detr')!;
  const found = readOutput({ logits, pred_boxes: boxes }, type, { nameOf: (i) => i });
  expect(found.map(({ quality }) => Number(quality.toFixed(3)))).toEqual([0.011, 0.881, 0.953]);
  expect(found[1].category).toBe(2);
});

test('answers in float16 are read', () => {
  const half = (dims: number[], ...bits: number[]) => ({
    ...{ type: 'float16', dims },
    data: Uint16Array.from(bits),
  });
  // 1 is 0x3c00, a half 0x3800.
  const output = {
    logits: half([1, 1, 1], 0x3c00),
    pred_boxes: half([1, 1, 4], 0x3800, 0x3800, 0x3c00, 0x3800),
  };
  const [found] = readOutput(output, { scores: 'sigmoid' }, { nameOf: (i) => i });
  expect(found.box).toEqual([0, 0.25, 1, 0.75]);
  expect(found.quality).toBeCloseTo(0.7311, 4);
});
