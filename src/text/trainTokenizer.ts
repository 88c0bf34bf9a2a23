import { UserError } from '../errors.js';
import { bos, clipTokenizer, endOfWord, eos, wordPattern } from './clipTokenizer.js';

/** The contents of a model folder's two tokenizer files. */
export interface TrainedTokenizer {
  /** For tokenizer.json. */
  tokenizer: {
    model: { vocab: Record<string, number>; merges: string[] };
  } & Record<string, unknown>;
  /** For tokenizer_config.json. */
  config: Record<string, unknown>;
}

/** A word as the symbols it consists of so far, and how often it occurs. */
interface Word {
  symbols: string[];
  count: number;
}

/**
 * Learns a byte-pair vocabulary in CLIP's layout from sentences: 256 byte symbols, the same at the end of
 * a word, the merges, begin and end of text. The most frequent pair is merged first, among equals the
 * alphabetically first, so the same sentences give the same vocabulary. It ends with `vocabSize` entries,
 * or earlier when every word is one token. Any text can be encoded: unknown words fall to smaller pieces.
 * @throws UserError when `vocabSize` leaves no room for the bytes.
 */
export async function trainBpe(
  sentences: Iterable<string> | AsyncIterable<string>,
  { vocabSize }: { vocabSize: number },
): Promise<TrainedTokenizer> {
  const letters = byteSymbols();
  const alphabet = alphabeticalBytes().map((byte) => letters[byte]);
  const symbols = [...alphabet, ...alphabet.map((symbol) => symbol + endOfWord)];
  const room = vocabSize - symbols.length - 2;
  if (!(room >= 0)) {
    throw new UserError(
      `A vocabulary of ${vocabSize} is too small: the bytes and special tokens are ` +
        `${symbols.length + 2} entries.`,
    );
  }
  const merges = learnMerges(await countWords(sentences, letters), room);
  const vocab = [...symbols, ...merges.map(([first, second]) => first + second), bos, eos];
  return {
    tokenizer: clipTokenizer(
      Object.fromEntries(vocab.map((symbol, id) => [symbol, id])),
      merges.map((pair) => pair.join(' ')),
    ),
    config: {
      model_max_length: 77,
      bos_token: bos,
      eos_token: eos,
      pad_token: eos,
      unk_token: eos,
      do_lower_case: true,
      add_prefix_space: false,
      errors: 'replace',
      tokenizer_class: 'CLIPTokenizer',
    },
  };
}

/** The bytes that have a visible character of their own in Latin-1, then the others. */
function alphabeticalBytes(): number[] {
  const visible = (byte: number) =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xff && byte !== 0xad);
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  return [...bytes.filter(visible), ...bytes.filter((byte) => !visible(byte))];
}

/** The character that stands for each byte: its own, or the next from U+0100 for an invisible one. */
function byteSymbols(): string[] {
  const symbols: string[] = [];
  const invisible = 256 - (0x7e - 0x21 + 1 + (0xff - 0xa1 + 1) - 1);
  alphabeticalBytes().forEach((byte, i) => {
    const replaced = i - (256 - invisible);
    symbols[byte] = String.fromCharCode(replaced < 0 ? byte : 0x100 + replaced);
  });
  return symbols;
}

async function countWords(
  sentences: Iterable<string> | AsyncIterable<string>,
  letters: readonly string[],
): Promise<Word[]> {
  const counts = new Map<string, number>();
  for await (const sentence of sentences) {
    // Character by character, as the tokenizer will: see the note on the capital sigma there.
    const text = sentence.normalize('NFC').replaceAll('Σ', 'σ').toLowerCase();
    for (const [word] of text.matchAll(new RegExp(wordPattern, 'gu'))) {
      counts.set(word, (counts.get(word) ?? 0) + 1);
    }
  }
  return [...counts].map(([word, count]) => {
    const symbols = Array.from(Buffer.from(word), (byte) => letters[byte]);
    symbols[symbols.length - 1] += endOfWord;
    return { symbols, count };
  });
}

type Pair = [first: string, second: string];

function learnMerges(words: Word[], most: number): Pair[] {
  const pairs = new PairCounts();
  for (const word of words) pairs.add(word, 1);
  const merges: Pair[] = [];
  while (merges.length < most) {
    const best = pairs.mostFrequent();
    if (!best) break;
    merges.push(best);
    for (const word of pairs.wordsWith(best)) {
      pairs.add(word, -1);
      word.symbols = merged(word.symbols, best);
      pairs.add(word, 1);
    }
  }
  return merges;
}

/** How often each pair of neighbours occurs, and in which words. */
class PairCounts {
  readonly #counts = new Map<string, { count: number; words: Set<Word> }>();

  /** Counts the pairs of a word, or with -1 takes them back. */
  add(word: Word, sign: 1 | -1): void {
    for (let i = 1; i < word.symbols.length; i++) {
      const key = `${word.symbols[i - 1]} ${word.symbols[i]}`;
      const entry = this.#counts.get(key) ?? { count: 0, words: new Set() };
      entry.count += sign * word.count;
      if (sign > 0) entry.words.add(word);
      else entry.words.delete(word);
      if (entry.count > 0) this.#counts.set(key, entry);
      else this.#counts.delete(key);
    }
  }

  mostFrequent(): Pair | undefined {
    let best: string | undefined;
    let most = 0;
    for (const [key, { count }] of this.#counts) {
      if (count > most || (count === most && best !== undefined && key < best)) {
        best = key;
        most = count;
      }
    }
    return best?.split(' ') as Pair | undefined;
  }

  wordsWith(pair: Pair): Word[] {
    return [...(this.#counts.get(pair.join(' '))?.words ?? [])];
  }
}

function merged(symbols: readonly string[], [first, second]: Pair): string[] {
  const result: string[] = [];
  for (let i = 0; i < symbols.length; i++) {
    if (symbols[i] === first && symbols[i + 1] === second) result.push(first + symbols[++i]);
    else result.push(symbols[i]);
  }
  return result;
}
