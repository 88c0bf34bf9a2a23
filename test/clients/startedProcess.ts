import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';

/** A process that a test started, with all that it starts itself. */
export class StartedProcess {
  readonly #child: ChildProcess;
  #log = '';

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    // A group of its own, so that what it starts can be ended with it.
    this.#child = spawn(command, args, {
      detached: true,
      env: { ...process.env, NODE_OPTIONS: '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    process.once('exit', this.#kill);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#log += text;
      });
    }
  }

  /** All that it said. */
  get log(): string {
    return this.#log;
  }

  /** Waits until something is so. @throws where the process ends, or time is over. */
  async until(isSo: () => boolean | Promise<boolean>, withinMs: number): Promise<void> {
    const end = Date.now() + withinMs;
    while (!(await isSo())) {
      if (this.#hasEnded) throw new Error(`It ended: ${this.#log.slice(-2000)}`);
      if (Date.now() > end) throw new Error(`It took too long: ${this.#log.slice(-2000)}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  async stop(): Promise<void> {
    process.off('exit', this.#kill);
    if (this.#hasEnded) return;
    const exit = once(this.#child, 'exit');
    this.#kill();
    await exit;
  }

  readonly #kill = () => {
    if (!this.#hasEnded && this.#child.pid !== undefined) process.kill(-this.#child.pid, 'SIGKILL');
  };

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
