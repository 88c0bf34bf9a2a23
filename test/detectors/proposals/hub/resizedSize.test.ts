import { modelTypes } from '../../../../detectors/proposals/hub/modelTypes.js';
import { resizedSize } from '../../../../detectors/proposals/hub/resizedSize.js';

const edges = { shortest_edge: 800, longest_edge: 1333 };

// As transformers 5.24 has it in Python.
test.each([
  ['rt_detr', { height: 640, width: 640 }, [1000, 400], [640, 640]],
  ['detr', edges, [640, 480], [1066, 800]],
  ['detr', edges, [480, 640], [800, 1066]],
  ['detr', edges, [1000, 800], [1000, 800]],
  ['detr', edges, [2000, 1000], [1333, 666]],
  ['detr', edges, [150, 94], [1276, 800]],
  ['detr', edges, [401, 1201], [445, 1333]],
  ['detr', { shortest_edge: 64, longest_edge: 100 }, [150, 94], [100, 63]],
  ['detr', 800, [640, 480], [1066, 800]],
  ['detr', { max_height: 300, max_width: 400 }, [1000, 500], [400, 200]],
  ['grounding-dino', edges, [640, 480], [1066, 800]],
  ['yolos', edges, [640, 480], [1056, 800]],
  ['yolos', { shortest_edge: 512, longest_edge: 1333 }, [333, 500], [512, 768]],
  ['owlvit', 768, [640, 480], [768, 768]],
  ['owlvit', [768, 640], [640, 480], [640, 768]],
  ['detr', undefined, [640, 480], [640, 480]],
])('%s, %j: %j becomes %j', (kind, size, [width, height], [wide, high]) => {
  const found = resizedSize({ width, height }, modelTypes.get(kind)!, { size, config: {} });
  expect(found).toEqual({ width: wide, height: high });
});

test('an unknown form of size is an error', () => {
  const size = { longest_edge: 5 };
  expect(() =>
    resizedSize({ width: 1, height: 1 }, { scores: 'softmax' }, { size, config: {} }),
  ).toThrow('its preprocessor_config.json has a size of an unknown form: {"longest_edge":5}');
});
