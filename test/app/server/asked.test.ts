import { type AskedLabel, askedOf } from '../../../app/server/asked.js';
import { features } from '../../../detectors/features.js';

const limits = { prompts: 3, phrasings: 10, promptCharacters: 40, detections: 100 };
const context = { limits, shownLabels: new Map() };

describe('the name of a label that the server has examples of', () => {
  const none = features(new Float32Array(0), 1);
  const examplesOf = (...looks: number[]) => {
    const shown = features(Float32Array.from(looks), 1);
    return { model: '', shown, unlike: none, others: none };
  };
  const ppe = { label: 'PPE_17', phrasings: ['a helmet'], examples: examplesOf(1) };
  const shownLabels = new Map([[ppe.label, ppe]]);
  const ask = (prompt: string | AskedLabel) => {
    return askedOf([prompt], {}, { limits, shownLabels }).prompts[0];
  };

  test.each<[string, string | AskedLabel]>([
    ['alone', 'PPE_17'],
    ['of a label', { label: 'PPE_17' }],
    ['in words', { label: 'PPE_17', phrasings: ['PPE 17'] }],
  ])('%s means that label', (_, prompt) => {
    expect(ask(prompt)).toEqual(ppe);
  });

  test('with other words, they count beside its examples; with others, those alone', () => {
    expect(ask('PPE_17|a hard hat')).toEqual({ ...ppe, phrasings: ['PPE_17', 'a hard hat'] });
    const others = { label: 'PPE_17', phrasings: [], examples: examplesOf(1, 1) };
    expect(ask(others)).toEqual(others);
    expect(ask('a helmet')).toEqual({ label: 'a helmet', phrasings: ['a helmet'] });
  });
});

describe('what is asked', () => {
  test.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
    'a label may be called %s and have a threshold',
    (label) => {
      const { options } = askedOf([{ label, phrasings: ['a'], threshold: 0.9 }], {}, context);
      expect(Object.entries(options.thresholds!)).toEqual([[label, 0.9]]);
    },
  );

  test.each<[string, Parameters<typeof askedOf>[0], string[], string]>([
    ['phrasings', [{ label: 'a', phrasings: [...'abcdefghijk'] }], [], '11 phrasings'],
    ['phrasings in bars', ['a|b|c|d|e|f', 'g|h|i|j|k'], [], '11 phrasings'],
    ['negatives', ['a'], ['b|c|d|e|f', 'g|h|i|j|k'], '11 phrasings'],
    ['characters of a text', ['a'.repeat(41)], [], '41 characters'],
    ['characters of a label', [{ label: 'a'.repeat(41), phrasings: ['a'] }], [], '41 characters'],
    ['characters as the model reads them', ['\ufdfa\ufdfa\ufdfa'], [], '54 characters'],
    ['characters of all', [...'abcd'].map((letter) => letter.repeat(31)), [], '124 characters'],
  ])('too many %s are refused', (_, prompts, negatives, reason) => {
    expect(() => askedOf(prompts, { negatives }, context)).toThrow(reason);
  });
});
