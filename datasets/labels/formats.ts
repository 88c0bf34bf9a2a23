import { UserError } from '../../src/errors.js';
import { cocoFormat } from './cocoFormat.js';
import { cvatFormat } from './cvatFormat.js';
import { fiftyoneFormat } from './fiftyoneFormat.js';
import { type LabelFormatName, labelFormatNames } from './formatNames.js';
import type { LabelFormat } from './labelFormat.js';
import { labelmeFormat } from './labelmeFormat.js';
import { labelStudioFormat } from './labelStudioFormat.js';
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
export { type LeftOut, leftOutBy } from './leftOut.js';

const formats: Record<LabelFormatName, LabelFormat> = {
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
  if (Object.hasOwn(formats, name)) return formats[name as LabelFormatName];
  throw new UserError(
    `There is no label format "${name}"; there are ${labelFormatNames.join(', ')}.`,
  );
}
