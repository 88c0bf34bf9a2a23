import { UserError } from '../../src/errors.js';
import { readText } from '../../src/files/textFile.js';
import { ImageError } from '../../src/images/imageError.js';
import type { ReadSet } from './checkedSet.js';
import { readYoloConfig } from './findYoloConfig.js';
import type { ReadContext } from './labelFormat.js';
import type { LabelledImage } from './labelSet.js';
import { pictureSizesOrErrors } from './pictureSizes.js';
import { counted, type ReadingNotes } from './readingNotes.js';
import { YoloColumns } from './yoloColumns.js';
import { yoloLabelsOf } from './yoloLayout.js';
import { type YoloPicture, yoloPictures } from './yoloPictures.js';
import { boxOfRow } from './yoloRows.js';
import { type YoloRow, yoloRowsOf } from './yoloText.js';

type Labelled = YoloPicture & { labels: string };

/**
 * Reads a YOLO data set as Ultralytics, Darknet, Label Studio and others have it. A picture without a file of labels
 * was not looked at; one with an empty file was.
 * @param path `data.yaml`, `obj.data`, `obj.names` or `classes.txt`, or the folder that has one.
 * @throws UserError naming the file and the line or field
 */
export async function readYolo(path: string, context: ReadContext): Promise<ReadSet> {
  const { config, file: configFile, folder } = await readYoloConfig(path);
  const pictures = await yoloPictures(config, { configFile, folder }, context);
  const labelled = pictures.filter((each): each is Labelled => each.labels !== undefined);
  const unlabelled = pictures.filter(({ labels }) => labels === undefined);
  if (labelled.length === 0 && unlabelled.length > 0) throw noLabels(unlabelled, configFile);
  if (unlabelled.length > 0) {
    const what = counted(unlabelled.length, 'picture without a file of labels');
    context.notes.say(`${what}: not looked at yet.`);
  }
  const names = new Map(config.categories.map(({ id, name }) => [id, name]));
  const images = await readImages(labelled, names, config.keypointNumbers, context.notes);
  const rest = {
    ...config.rest,
    ...(unlabelled.length > 0 && {
      unlabelled: unlabelled.map(({ file, split }) => ({ file, split })),
    }),
  };
  return {
    ...{ categories: config.categories, images, format: 'yolo' },
    ...(Object.keys(rest).length > 0 && { rest }),
  };
}

async function readImages(
  pictures: readonly Labelled[],
  names: ReadonlyMap<number, string>,
  keypointNumbers: number,
  notes: ReadingNotes,
): Promise<LabelledImage[]> {
  const columns = new YoloColumns(keypointNumbers);
  const rows: YoloRow[][] = [];
  for (const { labels } of pictures) {
    const found = yoloRowsOf(await readText(labels), labels);
    for (const row of found) columns.learn(row);
    rows.push(found);
  }
  const sizes = await pictureSizesOrErrors(pictures.map(({ path }) => path));
  const unread: ImageError[] = [];
  const images = pictures.flatMap(({ file, split }, i): LabelledImage[] => {
    const size = sizes[i];
    if (size instanceof ImageError) {
      unread.push(size);
      return [];
    }
    const boxes = rows[i].map((row) => boxOfRow(row, names, size, columns));
    return [{ file, ...size, boxes, ...(split !== 'train' && { rest: { split } }) }];
  });
  if (unread.length > 0) {
    if (images.length === 0) throw unread[0];
    notes.leaveOut('picture that cannot be read', unread.length);
    notes.say(unread[0].message);
  }
  return images;
}

function noLabels([first, ...others]: readonly YoloPicture[], configFile: string): UserError {
  const count = counted(others.length + 1, 'picture');
  return new UserError(
    `${configFile}: no labels of ${count}. Those of ${first.path} would be in ${yoloLabelsOf(first.path)}.`,
  );
}
