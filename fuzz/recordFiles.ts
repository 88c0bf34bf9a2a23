import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { captionedRecord } from '../datasets/records/captionedRecord.js';
import { openRecordTable, RecordReader, recordCount } from '../datasets/records/recordTable.js';

/** The first records of a file and the last, which is where damage is met. */
const mostRead = 4;

/** Reads records as training does. @throws the first error, after the others were read too */
export async function readRecords(file: string): Promise<void> {
  const table = await openRecordTable([{ records: file }]);
  const reader = new RecordReader(table);
  const count = recordCount(table);
  const errors: unknown[] = [];
  try {
    for (let i = 0; i < Math.min(count, mostRead); i++) {
      const record = i === mostRead - 1 ? count - 1 : i;
      await reader
        .read(record)
        .then(captionedRecord)
        .catch((error) => errors.push(error));
    }
  } finally {
    reader.close();
  }
  if (errors.length > 0) throw errors[0];
}

/** A tar archive of these files. */
export async function tarOf(files: Record<string, string | Buffer>): Promise<Uint8Array> {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) archive.entry({ name }, content);
  archive.finalize();
  return buffer(archive);
}
