import { type ChildProcess, fork } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../src/errors.js';
import { fuzzOptions } from './options.js';
import type { RunNews, RunOptions } from './run.js';
import { faultOf, keptInputs, loadTarget } from './target.js';
import { temporaryFolder } from './temporaryFolder.js';

/** A process that says nothing for so long is caught in an input; until it first says something, it loads modules. */
const mostSilentMs = 60_000;
const mostLoadingMs = 180_000;
/** Heap of a process, in MiB. */
const heapMiB = 1024;
/** Processes that may end in the middle of an input before a target is left. */
const mostEnds = 8;

const options = await fuzzOptions(process.argv.slice(2)).catch((error) => {
  if (!(error instanceof UserError)) throw error;
  console.error(error.message);
  process.exit(2);
});

let stopped = false;
let running: ChildProcess | undefined;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    stopped = true;
    running?.kill('SIGKILL');
  });
}

const { targets, input } = options;
if (input) await readOnce(targets[0], input);
else for (const name of targets) await temporaryFolder((scratch) => fuzz(name, scratch));

async function readOnce(name: string, input: Uint8Array): Promise<void> {
  const target = await loadTarget(name);
  const started = performance.now();
  const fault = await temporaryFolder((files) => faultOf(target, input, files));
  console.error(`${Math.round(performance.now() - started)} ms`);
  console.error(fault ?? 'It was read, or refused with a UserError.');
  process.exit(fault === undefined ? 0 : 1);
}

/** Fuzzes one target, in as many processes as its finds end. */
async function fuzz(name: string, scratch: string): Promise<void> {
  if (stopped) return;
  const folder = join(options.folder, name);
  mkdirSync(join(folder, 'finds'), { recursive: true });
  const kept = join(keptInputs, name);
  const end = Date.now() + 1000 * options.seconds;
  const started = Date.now();
  let executions = 0;
  let last: RunNews | undefined;
  for (let process = 0; process < mostEnds && Date.now() < end && !stopped; process++) {
    const seconds = (end - Date.now()) / 1000;
    const seed = `${options.seed} ${name} ${process}`;
    last = undefined;
    const how = await watched({ name, seconds, seed, folder, scratch, kept }, (news) => {
      last = news;
    });
    executions += last ? (last as RunNews).executions : 0;
    if (how === undefined || stopped) break;
    const id = `${how.kind}-${Date.now().toString(36)}`;
    copyFileSync(join(scratch, 'now'), join(folder, 'finds', id));
    writeFileSync(join(folder, 'finds', `${id}.txt`), how.said);
  }
  const finds = readdirSync(join(folder, 'finds')).filter((file) => !file.endsWith('.txt'));
  const { branches = 0, inputs = 0 } = last ?? {};
  const seconds = Math.round((Date.now() - started) / 1000);
  console.log(
    `${name}: ${seconds} s, ${executions} executions, ${branches} branches, ${inputs} inputs, ` +
      (finds.length > 0 ? `finds in ${join(folder, 'finds')}: ${finds.join(', ')}` : 'no finds'),
  );
  if (finds.length > 0) globalThis.process.exitCode = 1;
}

interface EarlyEnd {
  kind: 'hang' | 'crash';
  said: string;
}

/** A run in a process of its own. @returns how it ended in the middle of an input. */
function watched(run: RunOptions, tell: (news: RunNews) => void): Promise<EarlyEnd | undefined> {
  const script = fileURLToPath(new URL('run.js', import.meta.url));
  const preload = new URL('preload.js', import.meta.url).href;
  const child: ChildProcess = fork(script, [JSON.stringify(run)], {
    execArgv: [`--max-old-space-size=${heapMiB}`, '--import', preload],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...process.env, XDG_CACHE_HOME: join(run.scratch, 'cache') },
  });
  running = child;
  let said = '';
  child.stderr!.on('data', (chunk) => {
    said = (said + chunk).slice(-10_000);
  });
  let heard = Date.now() + mostLoadingMs - mostSilentMs;
  let silent = false;
  child.on('message', (news: RunNews) => {
    heard = Date.now();
    tell(news);
  });
  const watch = setInterval(() => {
    silent = Date.now() - heard > mostSilentMs;
    if (silent) child.kill('SIGKILL');
  }, 1000);
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      clearInterval(watch);
      if (silent) resolve({ kind: 'hang', said: `nothing for ${mostSilentMs} ms` });
      else resolve(code === 0 ? undefined : { kind: 'crash', said: `${code ?? signal}\n${said}` });
    });
  });
}
