import { readFineHard } from './finehard.js';

/**
 * Every text of FineHARD records: captions, descriptions and their wrong versions.
 * @param paths JSON files, or folders of them
 * @throws UserError naming the file and record at fault
 */
export async function* recordTexts(paths: readonly string[]): AsyncGenerator<string> {
  for await (const { longCaption, shortCaption, boxes } of readFineHard(...paths)) {
    yield longCaption;
    yield shortCaption;
    for (const { shortText, longText, negatives = [] } of boxes) {
      yield shortText;
      yield longText;
      yield* negatives;
    }
  }
}
