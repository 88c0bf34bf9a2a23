import { askedOf } from '../../../app/server/asked.js';

const limits = { prompts: 3, phrasings: 10, promptCharacters: 40, detections: 100 };

describe('what is asked', () => {
  test.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
    'a label may be called %s and have a threshold',
    (label) => {
      const { options } = askedOf([{ label, phrasings: ['a'], threshold: 0.9 }], {}, limits);
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
    expect(() => askedOf(prompts, { negatives }, limits)).toThrow(reason);
  });
});
