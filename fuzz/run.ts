import { createHash } from 'node:crypto';
import {
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createRandom } from '../src/random.js';
import { mutate } from './mutate.js';
import type { Probes } from './probes.js';
import { faultOf, loadTarget } from './target.js';

/** What a run tells the process that watches it. */
export interface RunNews {
  executions: number;
  branches: number;
  inputs: number;
  finds: string[];
}

export interface RunOptions {
  name: string;
  seconds: number;
  seed: string;
  /** Has `corpus` and `finds` of the target. */
  folder: string;
  /** Has `now`, the input that is being read, and `files` of its reader. */
  scratch: string;
  /** Inputs that were kept as tests. */
  kept: string;
}

/** An input of at most 32 KiB that takes more is a find. */
const usualMs = 1000;
const mostMemoryMiB = 300;

const { fuzzProbes: probes } = globalThis as unknown as { fuzzProbes: Probes };
process.on('disconnect', () => process.exit());
await run(JSON.parse(process.argv[2]) as RunOptions);
process.exit();

async function run({ name, seconds, seed, folder, scratch, kept }: RunOptions): Promise<void> {
  const random = createRandom(seed);
  const [corpusFolder, findsFolder] = [join(folder, 'corpus'), join(folder, 'finds')];
  const files = join(scratch, 'files');
  for (const needed of [corpusFolder, findsFolder, files]) mkdirSync(needed, { recursive: true });
  const now = openSync(join(scratch, 'now'), 'w+');
  const target = await loadTarget(name);
  const unheard: unknown[] = [];
  process.on('unhandledRejection', (error) => unheard.push(error));
  process.on('uncaughtException', (error) => unheard.push(error));

  const corpus: { input: Uint8Array; pairs: [string, string][] }[] = [];
  const finds = new Set(readdirSync(findsFolder).map((file) => file.replace(/\.txt$/, '')));
  const ownFinds = new Set<string>();
  let executions = 0;

  const find = (kind: string, input: Uint8Array, error: unknown) => {
    const told = error instanceof Error ? String(error.stack) : String(error);
    const frames = told.split('\n').filter((line) => /^\s*at /.test(line));
    const where = frames.length > 0 ? frames.slice(0, 2).join() : told.replace(/\d+/g, '');
    const id = `${kind}-${createHash('sha1').update(where).digest('hex').slice(0, 8)}`;
    ownFinds.add(id);
    if (finds.has(id)) return;
    finds.add(id);
    writeFileSync(join(findsFolder, id), input);
    writeFileSync(join(findsFolder, `${id}.txt`), `${told}\n`);
  };

  const timed = async (input: Uint8Array): Promise<{ fault: unknown; ms: number }> => {
    const begun = process.cpuUsage();
    const fault = await faultOf(target, input, files);
    const { user, system } = process.cpuUsage(begun);
    return { fault, ms: (user + system) / 1000 };
  };

  const execute = async (input: Uint8Array): Promise<void> => {
    writeSync(now, input, 0, input.length, 0);
    ftruncateSync(now, input.length);
    probes.start();
    const memory = process.resourceUsage().maxRSS;
    const { fault, ms } = await timed(input);
    // Rejections that nobody hears of are told of at the end of a turn.
    await nextTurn();
    executions++;
    if (fault !== undefined) find('error', input, fault);
    for (const error of unheard.splice(0)) find('unhandled', input, error);
    const mostMs = target.mostMs ?? usualMs;
    // Modules are loaded at their first use, and functions compiled: the second time counts.
    if (ms > mostMs && (await timed(input)).ms > mostMs) {
      find('slow', input, `it takes ${Math.round(ms)} ms`);
    }
    const MiB = (process.resourceUsage().maxRSS - memory) / 1024;
    if (MiB > mostMemoryMiB && executions > 1) find('memory', input, `it takes ${MiB} MiB`);
    // What takes long would be followed by more of its kind.
    if (probes.isNew() && (ms < usualMs || executions <= started)) {
      corpus.push({ input: Uint8Array.from(input), pairs: [...probes.pairs] });
      const id = createHash('sha1').update(input).digest('hex').slice(0, 16);
      const file = join(corpusFolder, id);
      if (executions > started && !existsSync(file)) writeFileSync(file, input);
    }
  };

  let told = 0;
  const tell = () => {
    if (Date.now() - told < 1000) return;
    told = Date.now();
    const { branches } = probes;
    process.send?.({
      executions,
      branches,
      inputs: corpus.length,
      finds: [...ownFinds],
    } satisfies RunNews);
  };

  const inputsIn = (own: string) =>
    existsSync(own) ? readdirSync(own).map((file) => readFileSync(join(own, file))) : [];
  const first = [...(await target.seeds()), ...inputsIn(kept), ...inputsIn(corpusFolder)];
  const started = first.length;
  const end = Date.now() + 1000 * seconds;
  tell();
  for (const input of first) {
    await execute(input);
    tell();
  }
  while (Date.now() < end) {
    // Later inputs go further.
    const place = Math.floor(corpus.length * Math.sqrt(random.uniform()));
    const { input, pairs } = corpus[place];
    const words = [...probes.words];
    for (let child = 0; child < 32; child++) {
      const other = random.pick(corpus).input;
      await execute(mutate(input, { other, words, pairs }, random));
      tell();
    }
  }
  told = 0;
  tell();
}
