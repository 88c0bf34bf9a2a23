import { parseHubModel } from '../../../../detectors/proposals/hub/hubName.js';

test('a model, and how it is run', () => {
  expect(parseHubModel('a/b')).toEqual({ model: 'a/b' });
  expect(parseHubModel('a/b@v1.0, dtype=q8 ,device = webgpu')).toEqual({
    ...{ model: 'a/b@v1.0', dtype: 'q8', device: 'webgpu' },
  });
  expect(parseHubModel('./folder,device=cpu')).toEqual({ model: './folder', device: 'cpu' });
});

test.each([
  ['', 'the model is missing'],
  [',dtype=q8', 'the model is missing'],
  [
    'a/b,q8',
    'after the model there may be dtype=fp32|fp16|q8|int8|uint8|q4|q4f16|bnb4 and device=cpu|webgpu|cuda|dml|coreml, not "q8"',
  ],
  ['a/b,', 'after the model there may be dtype='],
  ['a/b,revision=x', 'not "revision=x"'],
  ['a/b,dtype=float16', '"dtype=float16" is not one of dtype=fp32|fp16'],
  ['a/b,device=gpu', '"device=gpu" is not one of device=cpu|webgpu|cuda|dml|coreml'],
  ['a/b,dtype=q8,dtype=q4', 'dtype is given twice'],
])('%j is none', (text, message) => {
  expect(() => parseHubModel(text)).toThrow(message);
});
