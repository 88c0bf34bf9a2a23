/**
 * Whose ids a results file has: those of the annotation file ("coco"), or Ultralytics' own, which calls a picture by
 * its file name without extension and counts categories from 1.
 */
export const resultIdKinds = ['coco', 'ultralytics'] as const;
export type ResultIds = (typeof resultIdKinds)[number];
