import { ContrastVocabulary } from '../../detectors/contrast.js';
import { sentencesOf } from '../../detectors/phraseFeatures.js';
import { parsePrompt } from '../../detectors/prompts.js';
import { parseDetectorSettings } from '../../detectors/settings.js';
import { contrastDetector } from './contrastDetector.js';
import { FakeModel } from './fakeModel.js';

const general = new ContrastVocabulary(parseDetectorSettings({}).chineseVocabulary);

describe('nouns that a Chinese prompt does not face', () => {
  test.each([
    ['猫', ['猫']],
    ['红色的猫', ['猫']],
    ['坐在椅子上的猫', ['猫']],
    ['一只黑猫坐在木椅子上', ['猫']],
    ['男人骑着自行车', ['男人']],
    ['小面包', ['面包']],
    ['水果', ['水果', '苹果', '香蕉']],
    ['小猫', ['猫']],
    ['无人机', []],
  ])('%s', (prompt, expected) => {
    const left = [...general.leftOut(parsePrompt(prompt))].map((index) => general.nouns[index]);
    if (expected.length > 1) expect(left).toEqual(expect.arrayContaining(expected));
    else expect(left).toEqual(expected);
  });
});

test('both general vocabularies name as many things', () => {
  const english = new ContrastVocabulary(parseDetectorSettings({}).contrastVocabulary);
  expect(general.nouns).toHaveLength(english.nouns.length);
  expect(general.nouns.filter((noun) => /[a-z]/i.test(noun))).toEqual([]);
});

test('attributes are swapped inside a phrase', () => {
  expect(general.counterparts(parsePrompt('红色的猫'))).toContain('蓝色的猫');
  expect(general.counterparts(parsePrompt('红色的猫'))).toHaveLength(10);
  expect(general.counterparts(parsePrompt('红绿灯|红色'))).toEqual([]);
});

test('a phrase goes into the sentences of its writing', () => {
  const both = ['a photo of {a}', '一张{}的照片'];
  expect(sentencesOf('猫', both)).toEqual(['一张猫的照片']);
  expect(sentencesOf('cat', both)).toEqual(['a photo of a cat']);
  expect(sentencesOf('猫', ['a photo of {a}'])).toEqual(['a photo of 猫']);
});

describe('a detector', () => {
  class Bilingual extends FakeModel {
    readonly readsChinese = true;
  }
  const planted = [{ phrase: '猫', box: [0.1, 0.2, 0.5, 0.7] as const }];
  const settings = parseDetectorSettings({
    templates: ['{}'],
    contrastVocabulary: ['dog', 'tree'],
    chineseVocabulary: ['狗', '树'],
    scales: [1],
    temperature: 20,
  });
  const picture = { width: 160, height: 120, data: new Uint8Array(3 * 160 * 120) };

  test('weighs Chinese prompts against Chinese nouns, and others as without them', async () => {
    const model = new Bilingual(planted, true);
    const detector = contrastDetector(model, settings);
    const found = await detector.detect(picture, ['猫', '狗', 'dog'], { threshold: 0 });
    const best = (label: string) => found.find((one) => one.label === label)!.score;
    expect(best('猫')).toBeGreaterThan(0.8);
    expect(best('狗')).toBeLessThan(0.5);
    expect(model.textCalls.flat()).toEqual(expect.arrayContaining(['狗', '树', 'dog', 'tree']));
    expect(await detector.advice(['猫'])).toEqual([]);

    const english = new Bilingual(planted, true);
    const alone = await contrastDetector(english, settings).detect(picture, ['dog'], {
      threshold: 0,
    });
    expect(alone).toEqual(found.filter(({ label }) => label === 'dog'));
    expect(english.textCalls.flat()).not.toContain('树');
  });

  test('says once that its model learnt English', async () => {
    const detector = contrastDetector(new FakeModel(planted, true), settings);
    const advice = await detector.advice(['cat', '猫', '狗'], ['树']);
    expect(advice).toEqual([
      { label: '猫', message: expect.stringMatching(/learnt English.*"猫" and 2 more/) },
    ]);
  });
});
