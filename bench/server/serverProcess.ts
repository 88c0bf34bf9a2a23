import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const cli = fileURLToPath(new URL('../../app/cli/fgdet.js', import.meta.url));

/** `fgdet serve` as a process of its own, at a free port of this machine. */
export class ServerProcess {
  readonly #child: ChildProcess;
  /** What it wrote to stderr. */
  told = '';

  constructor(args: readonly string[]) {
    this.#child = spawn(process.execPath, [cli, 'serve', '--port=0', ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child.stderr!.on('data', (data) => {
      this.told += data;
    });
  }

  /** Waits until it takes requests. @returns its address. */
  async ready(): Promise<string> {
    for (;;) {
      const address = /Ready at (\S+)/.exec(this.told)?.[1];
      if (address !== undefined) return address;
      if (this.hasEnded) throw new Error(`The server did not start: ${this.told}`);
      await Promise.race([once(this.#child.stderr!, 'data'), once(this.#child, 'exit')]);
    }
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Tells it to stop. @returns its exit status, or the signal that ended it. */
  async stop(): Promise<number | string> {
    if (!this.hasEnded) {
      const exit = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      await exit;
    }
    return this.#child.exitCode ?? this.#child.signalCode ?? 'unknown';
  }
}
