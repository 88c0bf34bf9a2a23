import { parseRecord } from './record.js';
import { openRecordTable, RecordReader, recordCount } from './recordTable.js';

/**
 * Every text of FineHARD records: captions, descriptions and their wrong versions.
 * @param paths JSON files, or folders of them
 * @throws UserError naming the file and record at fault
 */
export function* recordTexts(paths: readonly string[]): Generator<string> {
  const table = openRecordTable(paths.map((records) => ({ records, images: '', weight: 1 })));
  const reader = new RecordReader(table);
  for (let index = 0; index < recordCount(table); index++) {
    const { value, where } = reader.read(index);
    const { longCaption, shortCaption, boxes } = parseRecord(value, where);
    yield longCaption;
    yield shortCaption;
    for (const { shortText, longText, negatives = [] } of boxes) {
      yield shortText;
      yield longText;
      yield* negatives;
    }
  }
}
