import { loadGemmaTokenizer } from '../../src/text/gemmaTokenizer.js';
import { markdownTable } from '../markdown.js';
import { median } from '../median.js';

const characters = 10_000;

const repeated = (text: string) => text.repeat(Math.ceil(characters / text.length));
const exactly = (text: string) => [...repeated(text)].slice(0, characters).join('');

/** Texts of 10,000 characters. A run of one letter merges all along, emoji are mostly bytes. */
const texts: Readonly<Record<string, string>> = {
  English: exactly('a red fire engine stands in front of the old station, its ladder raised; '),
  Chinese: exactly('一辆红色的消防车停在旧车站前面，梯子已经升起。'),
  emoji: exactly('🚒🧑🏽‍🚒🔥🐈‍⬛'),
  'one letter': exactly('a'),
  spaces: exactly(' '),
  'one unknown character': exactly('\u{10FFFD}'),
};

/**
 * What the tokenizer takes for long texts.
 * @param folder with tokenizer.json of the real vocabulary.
 */
export function tokenizerTable(folder: string, rounds: number): string {
  const tokenizer = loadGemmaTokenizer(folder);
  const rows = Object.entries(texts).map(([name, text]) => {
    let ids: number[] = [];
    const times = Array.from({ length: rounds + 2 }, () => {
      const start = performance.now();
      ids = tokenizer.encode(text);
      return performance.now() - start;
    });
    return [
      name,
      String(ids.length),
      median(times.slice(2)).toFixed(1),
      Math.max(...times).toFixed(1),
    ];
  });
  return markdownTable([`${characters} characters`, 'tokens', 'ms', 'at most'], rows);
}
