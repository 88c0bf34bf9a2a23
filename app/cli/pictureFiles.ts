import { join } from 'node:path';
import type { Detector } from '../../detectors/detector.js';
import type { EncodedImage } from '../../detectors/encodedImage.js';
import type { Heatmap } from '../../detectors/heatmap.js';
import { writeAtomically } from '../../src/files/atomicFile.js';
import type { PictureFormat } from '../../src/images/pictureCanvas.js';
import type { RgbImage } from '../../src/images/rgbImage.js';
import type { Picture } from './pictures.js';

export const extensions = { png: 'png', jpeg: 'jpg' };

export interface WrittenHeatmap {
  prompt: string;
  file: string;
  heatmap: Heatmap;
}

/** Writes one picture for each prompt, with the prompt's heat map over it. */
export async function writeHeatmaps(
  detector: Detector,
  encoded: EncodedImage,
  { prepared, stem }: Picture,
  prompts: readonly string[],
  folder: string,
): Promise<WrittenHeatmap[]> {
  const [{ drawHeatmap }, { writable }] = await Promise.all([
    import('../../src/images/heatmap.js'),
    import('../../src/images/fonts.js'),
  ]);
  const captions = writable(prompts);
  const image = prepared.image!;
  const format = formatFor(image);
  const written: WrittenHeatmap[] = [];
  const used = new Set<string>();
  for (const [i, prompt] of prompts.entries()) {
    const heatmap = await detector.heatmap(encoded, prompt);
    const { map, rows, columns } = heatmap;
    const file = join(
      folder,
      `${stem}.heatmap.${fileNamePart(prompt, used)}.${extensions[format]}`,
    );
    // The ends are those of a probability, so that maps can be compared.
    const options = { format, caption: captions[i], min: 0, max: 1 };
    const bytes = await drawHeatmap(image, map, rows, columns, options);
    await writeAtomically(file, (handle) => handle.writeFile(bytes));
    written.push({ prompt, file, heatmap });
  }
  return written;
}

/** PNG keeps small pictures sharp; photographs would become several times larger than they were. */
export function formatFor({ width, height }: RgbImage): PictureFormat {
  return width * height > 1e6 ? 'jpeg' : 'png';
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
