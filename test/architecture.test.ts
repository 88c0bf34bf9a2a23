import { readdirSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { packageRoot } from '../src/files/packageRoot.js';

/** From what people start down to the engine, as docs/architecture.md has it. */
const folders = ['app', 'eval', 'training', 'detectors', 'datasets', 'src'];

/** What a file imports, types, dynamic imports and imports within types included: paths of sources. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(packageRoot, file), 'utf8');
  const forms = /(?:\bfrom|\bimport|\bimport\(|\brequire\(|\)\()\s*['"`](\.{1,2}\/[^'"`]+)['"`]/g;
  return [...text.matchAll(forms)].map(([, path]) =>
    normalize(join(file, '..', path)).replace(/\.js$/, '.ts'),
  );
}

const files = folders.flatMap((folder) =>
  (readdirSync(join(packageRoot, folder), { recursive: true }) as string[])
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name)),
);
const imports = new Map(files.map((file) => [file, importsOf(file)]));

test('every import goes down, or stays within its folder', () => {
  expect(files.length).toBeGreaterThan(400);
  const level = (file: string) => folders.indexOf(file.split('/')[0]);
  const wrong = [...imports].flatMap(([file, targets]) =>
    targets.filter((target) => level(target) < level(file)).map((target) => `${file}: ${target}`),
  );
  expect(wrong).toEqual([]);
});

test('there is no cycle', () => {
  const done = new Set<string>();
  const path: string[] = [];
  const cycles: string[] = [];
  const visit = (file: string) => {
    const at = path.indexOf(file);
    if (at >= 0) cycles.push([...path.slice(at), file].join(' -> '));
    if (at >= 0 || done.has(file)) return;
    path.push(file);
    for (const target of imports.get(file) ?? []) visit(target);
    path.pop();
    done.add(file);
  };
  for (const file of files) visit(file);
  expect(cycles).toEqual([]);
});
