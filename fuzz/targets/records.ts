import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRecords } from '../recordFiles.js';
import { json } from '../seeds.js';
import type { FuzzTarget } from '../target.js';

const record = {
  ...{ f_path: 'a/b.jpg', caption: 'A long caption.', short_caption: 'A cat.' },
  bbox_info: [
    {
      ...{ bbox: [0.1, 0.2, 0.5, 0.6, 0.9], short_expr: 'a cat', long_expr: 'a red cat' },
      flag_short_neg: 1,
      short_expr_negs: { 0: 'a dog', 1: 'two cats' },
    },
  ],
};

/** FineHARD's records, as a JSON array or in lines. */
export const target: FuzzTarget = {
  seeds: () => [json([record]), json(record), json([{ image: 'a.jpg', text: 'A cat.' }])],
  async read(input, folder) {
    const file = join(folder, input[0] === 0x5b ? 'records.json' : 'records.jsonl');
    writeFileSync(file, input);
    await readRecords(file);
  },
};
