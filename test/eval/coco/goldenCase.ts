import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { AnnotationFile, Parameters, ResultEntry } from '../../../eval/coco/index.js';
import { goldenFile } from '../../golden.js';

/** Settings as pycocotools names them. */
interface GoldenParameters {
  iouType: 'bbox' | 'segm';
  useCats: number;
  imgIds: number[];
  catIds: number[];
  iouThrs: number[];
  recThrs: number[];
  areaRng: [number, number][];
  areaRngLbl: string[];
  maxDets: number[];
}

/** The matches of a picture for a category and an area range; detections by their ids, from 1. */
export interface GoldenMatches {
  image_id: number;
  category_id: number;
  aRng: [number, number];
  dtIds: number[];
  gtIds: number[];
  dtScores: number[];
  gtIgnore: number[];
  dtMatches: number[][];
  gtMatches: number[][];
  dtIgnore: number[][];
}

interface GoldenTable {
  shape: number[];
  data: number[];
}

export interface GoldenArrays {
  precision: GoldenTable;
  recall: GoldenTable;
  scores: GoldenTable;
}

/** What pycocotools computes. */
export interface GoldenResult {
  params: GoldenParameters;
  /** Sizes of the tables: [T, R, K, A, M]. */
  counts: number[];
  stats?: Record<string, number>;
  perCategory: ({ id: number; name: string } & Record<string, number | string>)[];
  evalImgs?: GoldenMatches[];
  arrays?: GoldenArrays;
}

export interface GoldenInput {
  gt: AnnotationFile & { annotations: readonly { id: number }[] };
  dt: ResultEntry[];
}

/** A file of the folder of goldens of COCO evaluation. */
export function readGolden<T>(...path: string[]): T {
  const bytes = readFileSync(goldenFile('coco-eval', ...path));
  const text = path.at(-1)!.endsWith('.gz') ? gunzipSync(bytes) : bytes;
  return JSON.parse(text.toString()) as T;
}

export function parametersOf(golden: GoldenParameters): Parameters {
  return {
    iouThresholds: golden.iouThrs,
    recallThresholds: golden.recThrs,
    areaRanges: golden.areaRng.map(([least, most], i) => ({
      label: golden.areaRngLbl[i],
      least,
      most,
    })),
    maxDetections: golden.maxDets,
    classAgnostic: golden.useCats === 0,
    imageIds: golden.imgIds,
    categoryIds: golden.catIds,
  };
}
