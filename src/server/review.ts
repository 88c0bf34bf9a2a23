import type { Box } from '../../detectors/boxes.js';

/** A box under review; one that a person drew or confirmed has no score. */
export interface ReviewBox {
  label: string;
  /** 0..1, of a box that a detector found. */
  score?: number;
  /** In pixels of the picture. */
  box: Box;
}

/** What a list of the pictures under review says of one. */
export interface ReviewedPicture {
  /** Its place in the session's `pictures`. */
  readonly index: number;
  readonly file: string;
  /** In pixels; 0 of a picture that could not be read. */
  readonly width: number;
  readonly height: number;
  /** How many. */
  readonly boxes: number;
  readonly status: 'found' | 'empty' | 'failed';
  readonly reviewed: boolean;
  /** 0..1: how much a look at the picture is worth. */
  readonly uncertainty: number;
}

/** Pictures with boxes that a person goes through. */
export interface ReviewSession {
  /** The labels that boxes have; a person may add others. */
  readonly labels: readonly string[];
  /** The label format of the files. */
  readonly format: string;
  readonly pictures: readonly ReviewedPicture[];
  boxes(index: number): ReviewBox[] | Promise<ReviewBox[]>;
  /** Where the picture lies on disk. */
  path(index: number): string;
  /** Writes the boxes a person approved; the picture is reviewed then. */
  save(index: number, boxes: ReviewBox[]): Promise<void>;
}
