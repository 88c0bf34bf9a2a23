import type { ReadSet } from './checkedSet.js';
import type { LabelFormatName } from './formatNames.js';
import type { LabelledBox, LabelledImage, LabelSet } from './labelSet.js';
import type { OutlineName } from './outline.js';
import type { PictureIndex } from './pictureIndex.js';
import type { ReadingNotes } from './readingNotes.js';

/** How Label Studio's project and its addresses of pictures are called. */
export interface LabelStudioNames {
  /** Name of the labelling config's `RectangleLabels`, or of its `Labels` where `rectangle` is given. Default: "label" */
  fromName?: string;
  /** Name of the labelling config's `Rectangle`, where that draws boxes and `Labels` name them. */
  rectangle?: string;
  /** Further tags of the same `Image` that give labels to boxes, with their labels. */
  furtherTags?: { fromName: string; rectangle?: string; labels: string[] }[];
  /** Name of the labelling config's `Image`. Default: "image" */
  toName?: string;
  /** Field of a task's `data` that has the picture's address. Default: "image" */
  imageField?: string;
  /**
   * What comes before a picture's path in its address. Default: "/data/local-files/?d=", as for pictures that
   * Label Studio reads from its own disk.
   */
  urlPrefix?: string;
}

/** What was looked for to find boxes of a label. */
export interface AskedLabel {
  label: string;
  phrasings: readonly string[];
  /** Least score of its boxes. */
  threshold?: number;
}

export interface LabelReadOptions {
  /** The folder of pictures: labels name them by their paths in it, and those without a size are measured. */
  images?: string;
  /** Whether Pascal VOC's pixels count from 1. Default: false. */
  vocFrom1?: boolean;
  /**
   * Whether boxes that models found are read also where people have labelled or skipped the picture, but for those
   * that people have taken over. Default: false.
   */
  allPredictions?: boolean;
  labelStudio?: LabelStudioNames;
}

export interface LabelWriteOptions {
  /** The folder of pictures, for formats that say where it is. */
  images?: string;
  /** What found the boxes that have scores, where the format says so. */
  modelVersion?: string;
  /** What it looked for, where the format says so. */
  asked?: readonly AskedLabel[];
  /** Whether the files go elsewhere, so that they name no folder of this machine. Default: false. */
  movable?: boolean;
  /** Whether Pascal VOC's pixels count from 1. Default: false. */
  vocFrom1?: boolean;
  labelStudio?: LabelStudioNames;
  /** The labelling config of Label Studio's project, and where it is from. Default: that beside the tasks, or a new one. */
  labelStudioConfig?: { xml: string; where: string };
}

/** What `fileOf` is asked for. */
export interface LabelFileOptions extends LabelWriteOptions {
  /** The folder that the file will be in, for paths from there to the picture. */
  output?: string;
  /** Whether another picture of the set has the same path but for what follows its last dot. */
  sameStem?: boolean;
}

/** A file that holds the labels of one picture. */
export interface LabelFile {
  /** Inside the folder of labels. */
  path: string;
  text: string;
}

/** A format of label files. */
export interface LabelFormat {
  name: LabelFormatName;
  /** Whether its labels are a folder with a file for each picture rather than one file. */
  folder: boolean;
  /** Of the files: ".json". */
  extension: string;
  /** Whether a box can have a score. */
  scores: boolean;
  /** Names of the attributes that a box can have; undefined: any. */
  attributes?: readonly string[];
  /** The outlines that it has a place for. Default: none. */
  outlines?: readonly OutlineName[];
  /**
   * Reads all labels: corners of boxes in order, inside the picture; what is no box is left out and counted in `notes`.
   * @param path the file or folder.
   * @throws UserError naming the file and the line or field, or the picture that is needed and not there
   */
  read(path: string, options?: LabelReadOptions): Promise<LabelSet>;
  /**
   * Writes all labels, going through the pictures without collecting them, more than once.
   * @param output the file or folder. The folder may hold other files.
   * @throws UserError for a picture or box that the format has no place for
   */
  write(set: LabelSet, output: string, options?: LabelWriteOptions): Promise<void>;
  /**
   * The file of one picture, so that it can be saved alone; the folder may need files beside, which `write`
   * makes.
   */
  fileOf?(
    image: LabelledImage,
    set: Pick<LabelSet, 'categories' | 'format'>,
    options?: LabelFileOptions,
  ): LabelFile;
  /**
   * Goes through all that `write` would write of a set, and writes nothing: so what the format has no place for is
   * found before it is needed.
   * @throws UserError as `write`
   */
  check(set: LabelSet, options?: LabelWriteOptions): void;
  /** The kinds of what `rest` holds that other formats have no place for: "ellipse", once for each. */
  shapes(image: LabelledImage): string[];
}

/** What the reader of a format is given. */
export interface ReadContext extends LabelReadOptions {
  pictures: PictureIndex;
  notes: ReadingNotes;
}

/** A format as its file defines it: what its reader gives is checked in one place for all. */
export interface LabelFormatDefinition extends Omit<LabelFormat, 'read' | 'check'> {
  read(path: string, context: ReadContext): Promise<ReadSet>;
  /** All that is written, piece by piece, of a format that has no `fileOf`. */
  pieces?(set: LabelSet, options?: LabelWriteOptions): Iterable<string>;
}

const none: Readonly<Record<string, unknown>> = {};

/** What a set says in terms of one format alone; nothing where it is of another format. */
export function restIn(
  format: LabelFormatName,
  set: Pick<LabelSet, 'format'>,
): (
  thing: Pick<LabelledBox | LabelledImage | LabelSet, 'rest'>,
) => Readonly<Record<string, unknown>> {
  return set.format === format ? ({ rest }) => rest ?? none : () => none;
}
