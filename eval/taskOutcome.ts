/** A file that a task wrote into its folder. */
export interface ReportFile {
  name: string;
  /** What it shows. */
  caption: string;
}

/** What came of a task. */
export interface TaskOutcome {
  /**
   * Numbers by name: shares 0..1, or −1 where there is nothing to measure, but those of `isCount` and
   * `isAbsolute`.
   */
  measures: Record<string, number>;
  /** What was written into the task's folder. */
  files: ReportFile[];
}

const absolute = new Set([
  'threshold',
  'best threshold',
  'fitted threshold',
  'false boxes per absent prompt',
  'fitted slope',
  'fitted offset',
]);

/** Whether a measure is a number of its own kind, and no share. */
export function isAbsolute(measure: string): boolean {
  return absolute.has(measure) || /^(without gate: )?(false names|threshold)/.test(measure);
}

/** Whether a measure says how many of something there were. */
export function isCount(measure: string): boolean {
  return ['count', 'boxes', 'categories', 'pictures', 'present pairs', 'absent pairs'].includes(
    measure,
  );
}
