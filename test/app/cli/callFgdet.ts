import { main } from '../../../app/cli/main.js';

type Stream = 'stdout' | 'stderr';

/** What Node says once a process, of how jest loads modules; at times only while a command runs. */
const warningOfJest =
  /^\(node:\d+\) ExperimentalWarning: VM Modules .*\n(\(Use `node --trace-warnings .*\n)?/m;

/**
 * Runs a command line in this process, which saves starting one and loading all modules again: where the process
 * itself is not what is tested. Like `runFgdet`, it makes the command write to no terminal.
 */
export async function callFgdet(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const said = { stdout: '', stderr: '' };
  const restore = [take('stdout', said), take('stderr', said), takeConsole(said)];
  const before = { ...process.env };
  Object.assign(process.env, env);
  process.exitCode = undefined;
  try {
    await main(args);
    const stderr = said.stderr.replace(warningOfJest, '');
    return { status: Number(process.exitCode ?? 0), stdout: said.stdout, stderr };
  } finally {
    process.exitCode = undefined;
    process.env = before;
    for (const undo of restore) undo();
  }
}

/** Takes what is written to a stream. @returns what ends it. */
function take(name: Stream, said: Record<Stream, string>): () => void {
  const stream = process[name];
  const { write, isTTY, columns } = stream;
  const sink = (text: string | Uint8Array) => {
    said[name] += typeof text === 'string' ? text : Buffer.from(text).toString();
    return true;
  };
  Object.assign(stream, { write: sink, isTTY: false, columns: undefined });
  return () => Object.assign(stream, { write, isTTY, columns });
}

/** Help comes by the console, and so do warnings of tfjs: jest has one of its own, which writes to neither stream. */
function takeConsole(said: Record<Stream, string>): () => void {
  const { log, warn } = console;
  console.log = (text: string) => {
    said.stdout += `${text}\n`;
  };
  console.warn = (text: string) => {
    said.stderr += `${text}\n`;
  };
  return () => Object.assign(console, { log, warn });
}
