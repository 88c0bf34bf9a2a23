import { UserError } from '../../src/errors.js';
import { checkedSet, checkName, checkWritable } from './checkedSet.js';
import { cocoFormat } from './cocoFormat.js';
import { cvatFormat } from './cvatFormat.js';
import { fiftyoneFormat } from './fiftyoneFormat.js';
import { type LabelFormatName, labelFormatNames } from './formatNames.js';
import { labelFiles } from './labelFiles.js';
import type { LabelFormat, LabelFormatDefinition, LabelWriteOptions } from './labelFormat.js';
import { labelmeFormat } from './labelmeFormat.js';
import type { LabelSet } from './labelSet.js';
import { labelStudioFormat } from './labelStudioFormat.js';
import { PictureIndex } from './pictureIndex.js';
import { ReadingNotes } from './readingNotes.js';
import { vocFormat } from './vocFormat.js';
import { yoloFormat } from './yoloFormat.js';

export { type LabelFormatName, labelFormatNames } from './formatNames.js';
export { guessFormat } from './guessFormat.js';
export type {
  LabelFile,
  LabelFileOptions,
  LabelFormat,
  LabelReadOptions,
  LabelStudioNames,
  LabelWriteOptions,
} from './labelFormat.js';
export type {
  Attributes,
  LabelCategory,
  LabelledBox,
  LabelledImage,
  LabelSet,
} from './labelSet.js';
export { type LeftOut, leftOutBy, leftOutSentences } from './leftOut.js';
export type { Outline, OutlineName, Point, RotatedBox, RunLengths } from './outline.js';
export { counted } from './readingNotes.js';

const formats: Record<LabelFormatName, LabelFormatDefinition> = {
  coco: cocoFormat,
  yolo: yoloFormat,
  voc: vocFormat,
  cvat: cvatFormat,
  labelme: labelmeFormat,
  'label-studio': labelStudioFormat,
  fiftyone: fiftyoneFormat,
};

/** @throws UserError naming the formats there are */
export function labelFormat(name: string): LabelFormat {
  if (Object.hasOwn(formats, name)) return checked(formats[name as LabelFormatName]);
  throw new UserError(
    `There is no label format "${name}"; there are ${labelFormatNames.join(', ')}.`,
  );
}

/** The format with checks that all formats share, of what it reads and of what it is to write. */
function checked(format: LabelFormatDefinition): LabelFormat {
  const { read, write, fileOf, pieces } = format;
  const pieceByPiece = (set: LabelSet, options?: LabelWriteOptions): Iterable<unknown> =>
    fileOf ? labelFiles(fileOf, set, options) : pieces!(set, options);
  return {
    ...format,
    read: async (path, options = {}) => {
      const pictures = new PictureIndex(options.images);
      const notes = new ReadingNotes();
      return checkedSet(await read(path, { ...options, pictures, notes }), path, pictures, notes);
    },
    check: (set, options) => {
      checkSet(set);
      for (const _ of pieceByPiece(set, options));
    },
    write: async (set, output, options) => {
      checkSet(set);
      return write(set, output, options);
    },
    ...(fileOf && {
      fileOf: (image, set, options) => {
        checkWritable(image);
        return fileOf(image, set, options);
      },
    }),
  };
}

function checkSet({ categories, images }: LabelSet): void {
  for (const { name } of categories) checkName(name);
  for (const image of images) checkWritable(image);
}
