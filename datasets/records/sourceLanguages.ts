import { UserError } from '../../src/errors.js';
import { RecordReader, type RecordTable } from './recordTable.js';

/** How many of a source's records are tried. */
const mostTries = 100;

/** Whether a record, as its file has it, says that it is Chinese. */
export function isChinese(value: unknown): boolean {
  return Boolean(Object(value).is_cn);
}

/** Notes of each source whether its first record that can be read is Chinese, and so all its others should be. */
export async function noteLanguages(table: RecordTable): Promise<void> {
  const reader = new RecordReader(table);
  try {
    for (const source of table.sources) {
      const tries = Math.min(mostTries, source.count);
      for (let place = 0; place < tries && source.chinese === undefined; place++) {
        try {
          source.chinese = isChinese((await reader.read(source.first + place)).value);
        } catch (error) {
          // Told, and counted, when the run comes to it.
          if (!(error instanceof UserError)) throw error;
        }
      }
    }
  } finally {
    reader.close();
  }
}
