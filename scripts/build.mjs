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
  utimesSync,
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

// What was written while compiling is not in it.
const started = new Date();
const built = `.dist-${process.pid}`;
removeAbandoned();
const status = compile();
if (status === 0) install();
rmSync(built, { recursive: true, force: true });
process.exitCode = status;

function compile() {
  const typescript = createRequire(import.meta.url).resolve('typescript/package.json');
  const words = [join(dirname(typescript), 'bin/tsc'), '--outDir', built];
  return spawnSync(process.execPath, words, { stdio: 'inherit' }).status ?? 1;
}

function install() {
  const names = filesIn(built);
  for (const name of names) {
    const [from, to] = [join(built, name), join('dist', name)];
    if (existsSync(to) && readFileSync(from).equals(readFileSync(to))) continue;
    mkdirSync(dirname(to), { recursive: true });
    renameSync(from, to);
  }
  const wanted = new Set(names);
  for (const name of filesIn('dist')) if (!wanted.has(name)) rmSync(join('dist', name));
  chmodSync('dist/app/cli/fgdet.js', 0o755);
  writeFileSync(stamp, names.join('\n'));
  utimesSync(stamp, started, started);
}

/** Folders of builds that were killed. */
function removeAbandoned() {
  for (const name of readdirSync('.').filter((one) => /^\.dist-\d+$/.test(one))) {
    try {
      process.kill(Number(name.slice('.dist-'.length)), 0);
    } catch {
      rmSync(name, { recursive: true, force: true });
    }
  }
}

function isUpToDate() {
  if (!existsSync(stamp)) return false;
  const names = readFileSync(stamp, 'utf8').split('\n');
  if (!names.every((name) => existsSync(join('dist', name)))) return false;
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
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}
