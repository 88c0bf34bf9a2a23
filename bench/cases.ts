/** What is timed, in the order of the table. */
export const cases = [
  { name: 'image1', title: 'image features, batch 1', unit: 'image', count: 1 },
  { name: 'image8', title: 'image features, batch 8', unit: 'image', count: 8 },
  { name: 'dense', title: 'dense features, batch 8', unit: 'image', count: 8 },
  { name: 'short', title: 'short texts, batch 32', unit: 'text', count: 32 },
  { name: 'long', title: 'long texts, batch 8', unit: 'text', count: 8 },
  {
    name: 'train',
    title: 'stage-2 step, 8 images',
    unit: 'image',
    count: 8,
    // PyTorch's step alone takes most of the memory of a common machine, so the two never run at once.
    alone: true,
  },
] as const satisfies readonly BenchCase[];

export interface BenchCase {
  name: string;
  title: string;
  unit: string;
  /** Units that one run answers for. */
  count: number;
  /** Each process has the machine's memory to itself: it ends before the other one starts. */
  alone?: boolean;
}

export type CaseName = (typeof cases)[number]['name'];
