import type { Xyxy } from '../../src/geometry/boxes.js';
import type { Outline } from './outline.js';

/** What a box says besides where it is and what it shows: `difficult`, `occluded`, `pose`. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** A labelled object. */
export interface LabelledBox {
  /** Name of a category of the set. */
  label: string;
  /** In pixels of the picture as viewers show it. */
  box: Xyxy;
  /** Around which `box` is drawn; whoever moves the box leaves it out. */
  outline?: Outline;
  /** 0..1, of a box that a model found. */
  score?: number;
  attributes?: Attributes;
  /**
   * What the file says of the box in terms of its format alone, such as an id. The same format
   * writes it again; others leave it out.
   */
  rest?: Readonly<Record<string, unknown>>;
}

/** A picture that was looked at; without boxes, nothing was found in it. */
export interface LabelledImage {
  /** Path inside the folder of pictures, with "/" between its parts. */
  file: string;
  width: number;
  height: number;
  boxes: readonly LabelledBox[];
  /** Shapes that have no box and whatever else the format alone knows of the picture, as in `LabelledBox`. */
  rest?: Readonly<Record<string, unknown>>;
}

export interface LabelCategory {
  /** Where the format numbers categories. Default: the place in the list, as the format counts. */
  id?: number;
  name: string;
  rest?: Readonly<Record<string, unknown>>;
}

/** The labels of a folder of pictures, whatever the format of their files. */
export interface LabelSet {
  categories: readonly LabelCategory[];
  /** Can be gone through again and again; need not be held in memory. */
  images: Iterable<LabelledImage>;
  /** What was left out while reading, and what was not found: sentences. */
  notes?: readonly string[];
  /** The format that `rest` is in. */
  format?: string;
  rest?: Readonly<Record<string, unknown>>;
}
