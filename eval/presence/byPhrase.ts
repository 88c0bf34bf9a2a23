import type { CocoDataset, CocoImage } from '../../datasets/coco.js';
import { idInFile } from '../../datasets/cocoIds.js';
import { UserError } from '../../src/errors.js';
import { groupBy } from '../../src/groupBy.js';

/**
 * A data set of SA-Co's kind, which lists a picture for each phrase that it is asked for, with each picture once and
 * the phrases as categories. Others stay as they are.
 * @throws UserError for a picture without a phrase, or with the same one twice
 */
export function byPhrase(dataset: CocoDataset): CocoDataset {
  const { file, images } = dataset;
  if (!images.some(({ phrase }) => phrase !== undefined)) return dataset;
  const wordless = images.find(({ phrase }) => phrase === undefined);
  if (wordless) throw new UserError(`${file}: image ${idInFile(wordless)} has no text_input.`);
  const phrases = [...new Set(images.map(({ phrase }) => phrase!))];
  const categoryOf = new Map(phrases.map((phrase, i) => [phrase, i]));
  const idOf = ({ phrase }: CocoImage) => categoryOf.get(phrase!)! + 1;
  const merged = [...groupBy(images, (image) => image.file).values()].map((asked): CocoImage => {
    const [{ id, textId, file: picture, width, height }] = asked;
    for (const [phrase, same] of groupBy(asked, (image) => image.phrase!)) {
      if (same.length === 1) continue;
      const ids = same.slice(0, 2).map(idInFile).join(' and ');
      throw new UserError(`${file}: images ${ids} both ask ${picture} for "${phrase}".`);
    }
    return {
      ...{ id, textId, file: picture, width, height },
      boxes: asked.flatMap((image) =>
        image.boxes.map((box) => ({ ...box, category: idOf(image) - 1 })),
      ),
      negatives: asked.filter(({ boxes }) => boxes.length === 0).map(idOf),
      notExhaustive: asked.filter(({ exhaustive }) => exhaustive === false).map(idOf),
    };
  });
  return {
    ...dataset,
    images: merged,
    categories: phrases.map((name, i) => ({ id: i + 1, name })),
  };
}
