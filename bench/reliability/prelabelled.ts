import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageRoot } from '../../src/files/packageRoot.js';

/** The pictures are scenes of drawings, which this model finds things in. */
export const model = join(packageRoot, 'models/scenes');

/** YOLO's is a file for each picture: more to lose than in one file. */
export function prelabelCommand(folder: string, output: string): string[] {
  return [
    ...['prelabel', join(folder, 'photos'), '--recursive', '--labels', join(folder, 'labels.txt')],
    ...['--format', 'yolo', '--output', output, '--model', model],
  ];
}

/** All label files, the manifest and the report by their paths; the names of folders are left out. */
export function labelsOf(output: string): [path: string, content: string][] {
  const beside = `${output}.prelabel`;
  const read = (folder: string, name: string): [string, string] => [
    name,
    readFileSync(join(folder, name), 'utf8')
      .replaceAll(dirname(output), '')
      .replaceAll(/(whole|killed|small)\b/g, 'labels')
      .replaceAll(/(\.\.\/)+photos/g, 'photos'),
  ];
  const labels = readdirSync(output, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.startsWith('images') && statSync(join(output, name)).isFile())
    .sort();
  return [
    ...labels.map((name) => read(output, name)),
    ...['manifest.jsonl', 'report.html'].map((name) => read(beside, name)),
  ];
}

/** The pictures that a run's journal tells of. */
export function journalEntries(output: string): string[] {
  const text = readFileSync(join(`${output}.prelabel`, 'pictures-1-of-1.jsonl'), 'utf8');
  const lines = text.trim().split('\n').slice(1);
  return lines.map((line) => (JSON.parse(line) as { file: string }).file);
}
