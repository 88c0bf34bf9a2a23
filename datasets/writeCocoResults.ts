import { writeAtomically } from '../src/files/atomicFile.js';
import { type CocoId, type Identified, idInFile } from './cocoIds.js';
import type { CocoResults } from './cocoResults.js';

const rowsAtOnce = 10_000;
/** Digits of a score: as many as a float has. */
const digits = 7;

/**
 * Writes a COCO results file, a result a line, so that there is either a complete file or none.
 * @param truth what the results are about; they get its ids.
 */
export async function writeCocoResults(
  file: string,
  results: CocoResults,
  truth: { images: readonly Identified[]; categories: readonly Identified[] },
): Promise<void> {
  const idsOf = (things: readonly Identified[]) =>
    new Map(things.map((thing) => [thing.id, idInFile(thing)]));
  const ids = { images: idsOf(truth.images), categories: idsOf(truth.categories) };
  const { count } = results;
  await writeAtomically(file, async (handle) => {
    await handle.writeFile('[');
    for (let start = 0; start < count; start += rowsAtOnce) {
      const rows = Array.from({ length: Math.min(rowsAtOnce, count - start) }, (_, i) => start + i);
      const lines = rows.map((row) => JSON.stringify(resultAt(results, row, ids)));
      await handle.writeFile(`${start === 0 ? '\n' : ',\n'}${lines.join(',\n')}`);
    }
    await handle.writeFile('\n]\n');
  });
}

function resultAt(
  { imageIds, categoryIds, boxes, scores }: CocoResults,
  row: number,
  ids: { images: ReadonlyMap<number, CocoId>; categories: ReadonlyMap<number, CocoId> },
) {
  return {
    image_id: ids.images.get(imageIds[row]),
    category_id: ids.categories.get(categoryIds[row]),
    bbox: [...boxes.subarray(4 * row, 4 * row + 4)],
    score: Number(scores[row].toPrecision(digits)),
  };
}
