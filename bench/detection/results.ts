/** Stages of detecting in a picture, in their order. */
export const stageNames = [
  'decode',
  'resize',
  'encode',
  'propose',
  'classify',
  'post-process',
] as const;

/** All times are milliseconds for one picture, medians of several runs. */
export interface StageTiming {
  /** Geometric mean of the sides of what the model sees, in pixels. */
  side: number;
  milliseconds: Record<(typeof stageNames)[number], number>;
  regions: number;
  found: number;
}

export interface PromptTiming {
  count: number;
  /** What does not depend on the prompts, from the decoded picture on. */
  encode: number;
  detect: number;
  found: number;
}

export interface FolderTiming {
  name: string;
  wall: number;
  /** Of the wall clock, what the model and the proposal network take. */
  model: number;
}

export interface DetectionResult {
  stages: StageTiming[];
  prompts: PromptTiming[];
  folders: FolderTiming[];
  peakBytes: number | null;
}
