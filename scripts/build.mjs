// Compiles the package: node scripts/build.mjs [--if-changed]
//
// Files are put into dist one by one once everything is compiled, and only those that differ: whoever runs from
// there meanwhile is not disturbed. With --if-changed, as npm's `prepare` asks for it, nothing is done where dist is
// newer than what it was made of.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
const { include } = JSON.parse(readFileSync('tsconfig.json', 'utf8'));
const stamp = 'dist/.built';

if (process.argv.includes('--if-changed') && isUpToDate()) process.exit();

const built = `.dist-${process.pid}`;
try {
  const tsc = join(
    dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
    'bin/tsc',
  );
  const { status } = spawnSync(process.execPath, [tsc, '--outDir', built], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
  const names = new Set(filesIn(built));
  for (const name of names) {
    const [from, to] = [join(built, name), join('dist', name)];
    if (existsSync(to) && readFileSync(from).equals(readFileSync(to))) continue;
    mkdirSync(dirname(to), { recursive: true });
    renameSync(from, to);
  }
  for (const name of filesIn('dist')) if (!names.has(name)) rmSync(join('dist', name));
  chmodSync('dist/app/cli/fgdet.js', 0o755);
  writeFileSync(stamp, '');
} finally {
  rmSync(built, { recursive: true, force: true });
}

function isUpToDate() {
  if (!existsSync(stamp)) return false;
  const since = statSync(stamp).mtimeMs;
  const sources = include.flatMap((folder) => [
    folder,
    ...readdirSync(folder, { recursive: true }).map((name) => join(folder, name)),
  ]);
  // A folder is written when a file in it comes or goes.
  const relevant = sources.filter((path) => path.endsWith('.ts') || statSync(path).isDirectory());
  return [...relevant, 'tsconfig.json', 'package.json'].every(
    (path) => statSync(path).mtimeMs <= since,
  );
}

/** Paths below a folder. */
function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}
