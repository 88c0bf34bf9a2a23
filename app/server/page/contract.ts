// What goes over the wire, as docs and /openapi.json describe it.

/** In pixels of the picture. */
export interface Box {
  xmin: number;
  ymin: number;
  xmax: number;
  ymax: number;
}

export interface Detection {
  label: string;
  score: number;
  box: Box;
}

export interface Size {
  width: number;
  height: number;
}

/** What a label looks like to a model, as `fgdet examples` writes it to a file. */
export interface SavedExamples {
  format: string;
  label: string;
  phrasings: string[];
  /** A digest of the model's weights. */
  model: string;
  /** How many numbers a vector has. */
  dimension: number;
  /** Vectors in base64. */
  shown: string;
  unlike: string;
  others: string;
}

/** What is looked for: in words, or by examples and perhaps words. */
export type Prompt = string | { label: string; phrasings?: string[]; examples: SavedExamples[] };

/** Boxes of a picture that show a label, or only seem to, and what has been seen of it before. */
export interface ExampleBoxes {
  label: string;
  shown?: Box[];
  unlike?: Box[];
  examples?: SavedExamples[];
}

/** What should be known of a label that the model knows too little about. */
export interface Advice {
  label: string;
  message: string;
}

/** What was found in a picture. */
export interface Answer {
  detections: Detection[];
  advice: Advice[];
}

export interface Settings {
  model: string;
  /** A digest of its weights, which examples are bound to. */
  weights: string;
  /** The model's usual least score. */
  threshold: number;
  /** Whether it has heat maps. */
  heatmaps: boolean;
  formats: string[];
  labels: string[];
  review: boolean;
  /** Whether pictures under review can be looked at anew. */
  rounds: boolean;
}

export interface PictureAnswer extends Size {
  id: string;
}

export interface Heatmap {
  rows: number;
  columns: number;
  map: number[];
}

export interface LookAlike {
  name: string;
  probability: number;
}

/** A picture in the list of those to review. */
export interface ReviewEntry extends Size {
  index: number;
  file: string;
  /** How many. */
  boxes: number;
  status: string;
  reviewed: boolean;
  /** 0..1: how much a look at it is worth. */
  uncertainty: number;
}

/** A box under review; one that a person drew or confirmed has no score. */
export interface ReviewBox {
  label: string;
  score?: number;
  box: Box;
}

export interface ReviewList {
  labels: string[];
  format: string;
  pictures: ReviewEntry[];
}

/** How far the server is in looking anew at pictures under review. */
export interface Round {
  state: 'idle' | 'looking' | 'done' | 'failed';
  done: number;
  total: number;
  message?: string;
}
