/** Begin and end of a text. */
export const bos = '<|startoftext|>';
export const eos = '<|endoftext|>';
/** Ends the last symbol of a word. */
export const endOfWord = '</w>';
/** What CLIP takes for a word. */
export const wordPattern = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";

/**
 * The content of CLIP's tokenizer.json for a vocabulary.
 * @param vocab numbers of the symbols; `bos` and `eos` are among them.
 * @param merges pairs, most frequent first: "t h".
 */
export function clipTokenizer(vocab: Record<string, number>, merges: string[]) {
  const special = { single_word: false, lstrip: false, rstrip: false };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [
      { id: vocab[bos], content: bos, ...special, normalized: true, special: true },
      { id: vocab[eos], content: eos, ...special, normalized: false, special: true },
    ],
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'NFC' },
        { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
        { type: 'Lowercase' },
      ],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: wordPattern }, behavior: 'Removed', invert: true },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true },
      ],
    },
    post_processor: {
      type: 'RobertaProcessing',
      sep: [eos, vocab[eos]],
      cls: [bos, vocab[bos]],
      trim_offsets: false,
      add_prefix_space: false,
    },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: eos,
      continuing_subword_prefix: '',
      end_of_word_suffix: endOfWord,
      fuse_unk: false,
      vocab,
      merges,
    },
  };
}
