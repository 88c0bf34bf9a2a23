import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/files/packageRoot.js';

const cli = join(packageRoot, 'dist/app/cli/fgdet.js');

/** What a process came to. */
export interface Ended {
  status: number | null;
  signal: NodeJS.Signals | null;
  stderr: string;
  /** The most memory it had resident, in bytes. */
  peak: number;
}

/** Starts a command of fgdet. */
export function startFgdet(args: readonly string[]): {
  child: ChildProcess;
  ended: Promise<Ended>;
} {
  const child = spawn(process.execPath, [cli, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, residentMemory(child.pid!));
  }, 100);
  const ended = once(child, 'close').then(([status, signal]) => {
    clearInterval(timer);
    return { status, signal, stderr, peak };
  });
  return { child, ended };
}

/** Runs a command of fgdet to its end. */
export function runFgdet(args: readonly string[]): Promise<Ended> {
  return startFgdet(args).ended;
}

/** Memory of a process that is resident, in bytes; 0 where the system does not tell. */
export function residentMemory(pid: number): number {
  try {
    const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kilobytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}
