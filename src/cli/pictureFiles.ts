import { join } from 'node:path';
import type { Detection, Detector, EncodedImage } from '../../detectors/detector.js';
import type { Heatmap } from '../../detectors/heatmap.js';
import { writeAtomically } from '../checkpoints/atomicFile.js';
import type { Picture } from './pictures.js';

/** Writes a picture with its detections drawn in. @returns the file's path. */
export async function writeAnnotated(
  { image, stem }: Picture,
  detections: readonly Detection[],
  folder: string,
): Promise<string> {
  const { drawDetections } = await import('../images/draw.js');
  const file = join(folder, `${stem}.png`);
  const bytes = await drawDetections(image, detections);
  await writeAtomically(file, (handle) => handle.writeFile(bytes));
  return file;
}

export interface WrittenHeatmap {
  prompt: string;
  file: string;
  heatmap: Heatmap;
}

/** Writes one picture for each prompt, with the prompt's heat map over it. */
export async function writeHeatmaps(
  detector: Detector,
  encoded: EncodedImage,
  { image, stem }: Picture,
  prompts: readonly string[],
  folder: string,
): Promise<WrittenHeatmap[]> {
  const { drawHeatmap } = await import('../images/heatmap.js');
  const written: WrittenHeatmap[] = [];
  const used = new Set<string>();
  for (const prompt of prompts) {
    const heatmap = await detector.heatmap(encoded, prompt);
    const file = join(folder, `${stem}.heatmap.${fileNamePart(prompt, used)}.png`);
    const bytes = await drawHeatmap(image, heatmap);
    await writeAtomically(file, (handle) => handle.writeFile(bytes));
    written.push({ prompt, file, heatmap });
  }
  return written;
}

/** The letters and digits of a prompt, joined by hyphens; numbered where an earlier one has the same. */
function fileNamePart(prompt: string, used: Set<string>): string {
  const words = prompt.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? ['prompt'];
  const name = words.join('-').slice(0, 60);
  let unused = name;
  for (let i = 2; used.has(unused); i++) unused = `${name}-${i}`;
  used.add(unused);
  return unused;
}
