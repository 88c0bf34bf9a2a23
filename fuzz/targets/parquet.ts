import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer';
import { readRecords } from '../recordFiles.js';
import type { FuzzTarget } from '../target.js';

const columnData: ColumnSource[] = [
  { name: 'image', type: 'BYTE_ARRAY', data: [Uint8Array.of(1, 2, 3), Uint8Array.of(4)] },
  { name: 'caption', type: 'STRING', data: ['A red cat.', 'A dog.'] },
  { name: 'score', type: 'DOUBLE', data: [0.5, 1] },
  { name: 'bbox_info', type: 'JSON', data: [[], []] },
];

export const target: FuzzTarget = {
  seeds: () => [
    ...(['UNCOMPRESSED', 'SNAPPY'] as const).map(
      (codec) => new Uint8Array(parquetWriteBuffer({ columnData, codec, rowGroupSize: 1 })),
    ),
    new Uint8Array(
      parquetWriteBuffer({
        columnData: [
          { name: 'caption', type: 'STRING', data: Array(40).fill('the same') },
          { name: 'jpg', type: 'BYTE_ARRAY', data: Array(40).fill(Uint8Array.of(1)) },
          {
            name: 'n',
            type: 'INT32',
            data: Array.from({ length: 40 }, (_, i) => i),
            nullable: true,
          },
        ],
      }),
    ),
  ],
  async read(input, folder) {
    const file = join(folder, 'shard.parquet');
    writeFileSync(file, input);
    await readRecords(file);
  },
};
