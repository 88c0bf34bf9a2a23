import { linkSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { residentMemory, startFgdet } from './fgdetProcess.js';
import { model } from './prelabelled.js';

/** Prelabels a large folder, of pictures that come again and again, and follows the memory. */
export async function manyPictures(folder: string, count: number): Promise<string[]> {
  const photos = join(folder, 'photos');
  const names = readdirSync(photos, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => name.endsWith('.jpg'));
  const many = join(folder, 'many');
  for (let i = 0; i < count; i++) {
    const part = join(many, String(Math.floor(i / 1000)));
    mkdirSync(part, { recursive: true });
    linkSync(
      join(photos, files[i % files.length]),
      join(part, `${String(i).padStart(6, '0')}.jpg`),
    );
  }
  const started = performance.now();
  const { child, ended } = startFgdet([
    ...['prelabel', many, '--recursive', '--labels', join(folder, 'labels.txt')],
    ...['--output', join(folder, 'many.json'), '--model', model],
  ]);
  const samples: number[] = [];
  const timer = setInterval(() => samples.push(residentMemory(child.pid!)), 1000);
  const { status, stderr, peak } = await ended;
  clearInterval(timer);
  if (status !== 0) throw new Error(stderr);
  const seconds = (performance.now() - started) / 1000;
  const at = (share: number) => samples[Math.floor(share * (samples.length - 1))] / 1e6;
  const parts = [0.1, 0.3, 0.5, 0.7, 0.9].map((share) => `${at(share).toFixed(0)}`).join(', ');
  return [
    `${count} pictures in ${seconds.toFixed(0)} s (${(count / seconds).toFixed(1)} a second); memory in MB after 10, 30, 50, ` +
      `70 and 90 % of the time: ${parts}; at most ${(peak / 1e6).toFixed(0)}`,
  ];
}
