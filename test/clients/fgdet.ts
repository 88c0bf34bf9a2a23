import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../../src/files/packageRoot.js';
import { runFgdet } from '../app/cli/runFgdet.js';
import { StartedProcess } from './startedProcess.js';

const cli = fileURLToPath(new URL('../../app/cli/fgdet.js', import.meta.url));

/** Knows the drawings of samples/bell.jpg. */
export const model = join(packageRoot, 'models/scenes');

/** `fgdet serve`, at a free port. */
export class FgdetServer {
  readonly process: StartedProcess;
  address = '';

  private constructor(args: readonly string[], env: NodeJS.ProcessEnv) {
    const all = [cli, 'serve', '--port', '0', '--model', model, ...args];
    this.process = new StartedProcess(process.execPath, all, env);
  }

  static async start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<FgdetServer> {
    const server = new FgdetServer(args, env);
    const ready = () => /Ready at (\S+)/.exec(server.process.log);
    await server.process.until(() => ready() !== null, 60_000);
    server.address = ready()![1];
    return server;
  }
}

/** Runs fgdet to its end. @throws where it fails. */
export function fgdet(...args: string[]): string {
  const { status, stdout, stderr } = runFgdet(args);
  if (status !== 0) throw new Error(stderr);
  return stdout;
}
