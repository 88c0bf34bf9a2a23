import {
  fillTemplate,
  headNoun,
  parsePrompt,
  parsePrompts,
  phraseWords,
  promptLines,
} from '../../detectors/prompts.js';
import { UserError } from '../../src/errors.js';

describe('prompts', () => {
  test('phrasings are separated by bars; the first is the label', () => {
    expect(parsePrompt(' sofa |  red   couch|sofa|')).toEqual({
      label: 'sofa',
      phrasings: ['sofa', 'red couch'],
    });
  });

  test('an empty prompt is an error for people', () => {
    expect(() => parsePrompt(' | ')).toThrow(UserError);
  });

  test.each(['caf\ufffd', 'cat|a \ud83d'])('%j is no valid text', (text) => {
    expect(() => parsePrompt(text)).toThrow(UserError);
    expect(() => parsePrompts([{ label: text, phrasings: ['cat'] }])).toThrow(/no valid text/);
  });

  test('a repeated prompt counts once', () => {
    expect(parsePrompts(['cat', 'dog', 'cat', 'cat|kitten']).map(({ label }) => label)).toEqual([
      'cat',
      'dog',
      'cat',
    ]);
  });

  test('files hold one prompt a line, with comments', () => {
    expect(promptLines('\uFEFFcat\r\n\r\n# animals\n  red  dog \n')).toEqual(['cat', 'red dog']);
  });
});

describe('words', () => {
  test.each([
    ['The Red Cats!', ['red', 'cat']],
    ['an ice-cream', ['ice-cream']],
    ['scissors', ['scissors']],
  ])('%s', (phrase, words) => expect(phraseWords(phrase)).toEqual(words));

  test.each([
    ['a red cat on a sofa', 'red cat'],
    ['a group of dogs', 'dog'],
    ['a cup of coffee', 'cup'],
    ['woman wearing a hat', 'woman'],
    ['hot dog', 'hot dog'],
  ])('the head of "%s" is "%s"', (phrase, head) => {
    expect(headNoun(phraseWords(phrase)).join(' ')).toBe(head);
  });
});

describe('templates', () => {
  test.each([
    ['red cat', 'a photo of a red cat'],
    ['orange', 'a photo of an orange'],
    ['the red cat', 'a photo of the red cat'],
    ['two cats', 'a photo of two cats'],
    ['cats', 'a photo of cats'],
    ['scissors', 'a photo of scissors'],
    ['sheep', 'a photo of sheep'],
  ])('%s', (phrase, sentence) => {
    expect(fillTemplate('a photo of {a}', phrase)).toBe(sentence);
  });

  test('{} leaves the phrase alone', () => {
    expect(fillTemplate('{}, close up', 'cat')).toBe('cat, close up');
  });
});
