import { spawn } from 'node:child_process';
import { once } from 'node:events';

const script = `
  import { stoppable } from ${JSON.stringify(new URL('../../../app/cli/interrupt.js', import.meta.url))};
  setInterval(() => {}, 1000);
  process.stdout.write('begun');
  await stoppable('Stopping.', () => new Promise(() => {}), 50);`;

test.each<NodeJS.Signals>(['SIGTERM', 'SIGINT'])(
  'one %s ends work that waits for what never comes',
  async (name) => {
    const child = spawn('node', ['--input-type=module', '-e', script]);
    try {
      await once(child.stdout, 'data');
      child.kill(name);
      expect(await once(child, 'exit')).toEqual([null, name]);
    } finally {
      child.kill('SIGKILL');
    }
  },
);
