import { request } from 'undici';

/** The memory of a server at a time, in MiB. */
export interface MemorySample {
  /** Since the start of the load. */
  seconds: number;
  resident: number;
  heap: number;
  /** Outside the heap, of JavaScript's buffers. */
  external: number;
}

const MiB = 2 ** 20;

/** The memory that a server says it takes. */
export async function sampleMemory(address: string, seconds: number): Promise<MemorySample> {
  const { body } = await request(`${address}/metrics`);
  const text = await body.text();
  const figure = (name: string) =>
    Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN) / MiB;
  return {
    seconds,
    resident: figure('process_resident_memory_bytes'),
    heap: figure('nodejs_heap_size_used_bytes'),
    external: figure('nodejs_external_memory_bytes'),
  };
}

/** By how much the resident memory grows in a minute, over the last two thirds of the samples, in MiB. */
export function slopePerMinute(samples: readonly MemorySample[]): number {
  const last = samples.slice(Math.floor(samples.length / 3));
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const minutes = last.map(({ seconds }) => seconds / 60);
  const [time, memory] = [mean(minutes), mean(last.map(({ resident }) => resident))];
  const covariance = mean(last.map(({ resident }, i) => (minutes[i] - time) * (resident - memory)));
  return covariance / mean(minutes.map((minute) => (minute - time) ** 2));
}
