import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/files/packageRoot.js';
import { loadTokenizer, type Tokenizer } from '../../src/text/tokenizer.js';
import { goldenJson, goldenTensors } from '../golden.js';

// CLIP's vocabulary is not part of this repository.
const folder =
  process.env.FGDET_CLIP_TOKENIZER ?? join(packageRoot, '..', 'shared', 'data', 'clip-bpe');
const present = existsSync(join(folder, 'tokenizer.json'));
const { skip: describeSkipped } = describe;
const describeIfPresent = present ? describe : describeSkipped;
const title = present
  ? 'CLIP’s tokenizer'
  : `CLIP’s tokenizer (skipped: no tokenizer.json in ${folder}; set FGDET_CLIP_TOKENIZER)`;

describeIfPresent(title, () => {
  const strings = goldenJson<string[]>('clip-bpe', 'strings.json');
  const tensor = goldenTensors('clip-bpe', 'ids.safetensors');
  let tokenizer: Tokenizer;

  beforeAll(async () => {
    tokenizer = await loadTokenizer(folder);
  });

  test.each([77, 248])('the ids of all strings at length %i', (length) => {
    const expected = tensor(`input_ids_${length}`);
    const mask = tensor(`attention_mask_${length}`).data as Uint8Array;
    const ids = expected.data as Int32Array;
    expect(expected.shape).toEqual([strings.length, length]);
    const encoded = tokenizer.encode(strings, { maxLength: length });
    strings.forEach((text, row) => {
      const count = mask
        .subarray(row * length, (row + 1) * length)
        .reduce((sum, one) => sum + one, 0);
      const wanted = ids.subarray(row * length, row * length + count);
      expect({ text, ids: [...encoded[row]] }).toEqual({ text, ids: [...wanted] });
      const padding = ids.subarray(row * length + count, (row + 1) * length);
      expect(padding.every((id) => id === tokenizer.padId)).toBe(true);
    });
  });

  test('the lengths before cutting', () => {
    const lengths = tokenizer.encode(strings, { maxLength: Infinity }).map((ids) => ids.length);
    expect(lengths).toEqual([...tensor('length_untruncated').data]);
  });

  test('begin, end and size', () => {
    expect(tokenizer).toMatchObject({ bosId: 49406, eosId: 49407, padId: 49407, vocabSize: 49408 });
  });
});
