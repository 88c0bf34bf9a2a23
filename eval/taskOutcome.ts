/** A file that a task wrote into its folder. */
export interface ReportFile {
  name: string;
  /** What it shows. */
  caption: string;
}

/** What came of a task. */
export interface TaskOutcome {
  /**
   * Numbers by name: shares 0..1, or −1 where there is nothing to measure, but `count`, how many things were
   * judged, and those of `absoluteMeasures`.
   */
  measures: Record<string, number>;
  /** What was written into the task's folder. */
  files: ReportFile[];
}

/** Measures that are no shares. */
export const absoluteMeasures: ReadonlySet<string> = new Set([
  'threshold',
  'best threshold',
  'false boxes per absent prompt',
  'fitted slope',
  'fitted offset',
]);
