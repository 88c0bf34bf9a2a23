import type { Xyxy } from '../../src/geometry/boxes.js';

/** What a run made of a label. */
export interface LabelCounts {
  label: string;
  /** Boxes that were found, and pictures that have some. */
  boxes: number;
  pictures: number;
  /** How many boxes have a score from i/20 up to (i + 1)/20. */
  histogram: number[];
  threshold: number;
  /** How the boxes agree with those that were there, where they were compared. */
  comparison?: {
    agreed: number;
    onlyFound: number;
    onlyExisting: number;
    /** Boxes of this label where the file has another one. */
    otherLabel: number;
  };
}

/** A picture of the contact sheet. */
export interface SheetPicture {
  file: string;
  width: number;
  height: number;
  boxes: { label: string; score?: number; box: Xyxy; kind: 'found' | 'existing' }[];
  uncertainty: number;
  /** Places where the file and the run disagree. */
  disagreements: number;
}

/** What a run comes to, in numbers and names. */
export interface PrelabelReport {
  pictures: number;
  found: number;
  /** How many pictures nothing was found in, and the first of them. */
  empty: { count: number; files: string[] };
  failed: { count: number; files: { file: string; error: string }[] };
  /** Pictures that were not looked at because the run was not asked to. */
  kept: number;
  boxes: number;
  labels: LabelCounts[];
  /** The most uncertain pictures, or those with most disagreements, where labels were compared. */
  sheet: SheetPicture[];
  compared: boolean;
}
