import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer';
import { captionedRecord } from '../../datasets/records/captionedRecord.js';
import { ParquetRows, ParquetThread } from '../../datasets/records/parquetShard.js';
import type { FuzzTarget } from '../target.js';

const columnData: ColumnSource[] = [
  { name: 'image', type: 'BYTE_ARRAY', data: [Uint8Array.of(1, 2, 3), Uint8Array.of(4)] },
  { name: 'caption', type: 'STRING', data: ['A red cat.', 'A dog.'] },
  { name: 'score', type: 'DOUBLE', data: [0.5, 1] },
  { name: 'bbox_info', type: 'JSON', data: [[], []] },
];

// Instrumented, the thread takes seconds to start.
const thread = new ParquetThread(15_000);

export const target: FuzzTarget = {
  // A thread that was ended is followed by another, in which modules are loaded again.
  mostMs: 20_000,
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
    const rows = new ParquetRows(file, thread);
    const count = await rows.count();
    for (const row of [0, count - 1]) {
      const value = await rows.read(row);
      captionedRecord({ value, source: 0, images: '', where: file });
    }
  },
};
