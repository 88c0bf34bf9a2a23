/** The formats that labels are read and written in. */
export const labelFormatNames = [
  'coco',
  'yolo',
  'voc',
  'cvat',
  'labelme',
  'label-studio',
  'fiftyone',
] as const;

export type LabelFormatName = (typeof labelFormatNames)[number];
