/** A format of label files that is not read here. */
interface OtherFormat {
  name: string;
  /** Whether a file is of it, by how the file starts. */
  isSeenIn(start: string): boolean;
  /** Python that makes of it a format that is read here. */
  recipe: string;
}

const byDatumaro = (type: string) =>
  `datumaro.Dataset.import_from(FOLDER, "${type}").export(OUTPUT, "coco")`;
const byFiftyone = (type: string) =>
  `fiftyone.Dataset.from_dir(FOLDER, dataset_type=fiftyone.types.${type})` +
  '.export(OUTPUT, dataset_type=fiftyone.types.COCODetectionDataset)';

const otherFormats: readonly OtherFormat[] = [
  {
    name: "datumaro's own JSON",
    // Without a version in older files; COCO's categories are a list.
    isSeenIn: (start) =>
      /^\s*\{/.test(start) &&
      /"dm_format_version"\s*:|"categories"\s*:\s*\{\s*("(label|points|mask)"\s*:|\})/.test(start),
    recipe: byDatumaro('datumaro'),
  },
  {
    name: "FiftyOne's own JSON (FiftyOneDataset)",
    isSeenIn: (start) => /^\s*\{\s*"samples"\s*:\s*\[/.test(start),
    recipe: byFiftyone('FiftyOneDataset'),
  },
  {
    name: "KITTI's text",
    isSeenIn: (start) => /^\s*[A-Za-z]\S*( -?\d[\d.eE+-]*){14,15}\s*(\n|$)/.test(start),
    recipe: byFiftyone('KITTIDetectionDataset'),
  },
  {
    name: 'the XML of the old LabelMe',
    isSeenIn: (start) =>
      /<annotation[\s>]/.test(start) && /<polygon>\s*(<closed_date>|<pt>)|<imagesize>/.test(start),
    recipe: byDatumaro('label_me'),
  },
];

/** Endings of files that `otherFormatOf` knows. */
export const otherFormatFile = /\.(json|txt|xml)$/i;

/**
 * What a file of a format that is not read here is, and what to do with it: a sentence.
 * @param start of the file, some thousand characters.
 * @returns undefined where it is of none that is known.
 */
export function otherFormatOf(start: string): string | undefined {
  const format = otherFormats.find(({ isSeenIn }) => isSeenIn(start));
  return (
    format &&
    `is ${format.name}, which is not read here. Python makes COCO of it: ${format.recipe}.`
  );
}
