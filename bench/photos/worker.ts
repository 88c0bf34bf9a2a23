import { createInterface } from 'node:readline';
import { loadDetector } from '../../detectors/loadDetector.js';
import { peakMemory } from '../peakMemory.js';

// Finds 80 names in one photograph after the other, each time it is told to: node worker.js NAMES.json PRECISION
// PHOTOGRAPHS...; prints a line of JSON when warmed up, one for each line on stdin, and one at its end.
const [namesFile, precision, ...files] = process.argv.slice(2);
const { readFileSync } = await import('node:fs');
const names = JSON.parse(readFileSync(namesFile, 'utf8')) as string[];
const detector = await loadDetector(undefined, { precision: precision as 'float32' });
await detector.prepare(names);
let next = 0;

async function find(): Promise<number> {
  const found = await detector.detect(files[next++ % files.length], names);
  return found.length;
}

await find();
await find();
next = 0;
console.log(JSON.stringify({ flops: 0, check: [] }));
for await (const _ of createInterface({ input: process.stdin })) {
  const processor = process.cpuUsage();
  const start = performance.now();
  await find();
  const milliseconds = performance.now() - start;
  const { user, system } = process.cpuUsage(processor);
  console.log(JSON.stringify({ milliseconds, processorMilliseconds: (user + system) / 1000 }));
}
console.log(JSON.stringify({ peakBytes: peakMemory() }));
await detector.dispose();
