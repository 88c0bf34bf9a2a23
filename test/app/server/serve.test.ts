import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { callFgdet } from '../cli/callFgdet.js';
import { writeTinyModel } from '../cli/tinyModel.js';
import { picture } from './testServer.js';

const cli = fileURLToPath(new URL('../../../app/cli/fgdet.js', import.meta.url));
let model: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  model = await writeTinyModel({ contrastVocabulary: ['cat', 'dog', 'tree'], scales: [1] });
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

afterAll(() => rmSync(model, { recursive: true }));

/** Starts the command, at a free port unless it is said. */
async function serve(args: readonly string[] = [], env: NodeJS.ProcessEnv = {}, port = 0) {
  const child = spawn(
    process.execPath,
    [cli, 'serve', '--model', model, `--port=${port}`, ...args],
    {
      env: { ...process.env, NODE_OPTIONS: '', ...env },
    },
  );
  children.push(child);
  let told = '';
  const address = await new Promise<string>((resolve, reject) => {
    child.stderr.on('data', (data) => {
      told += data;
      const ready = /Ready at (\S+)/.exec(told);
      if (ready) resolve(ready[1]);
    });
    child.once('exit', () => reject(new Error(told)));
  });
  const ended = async () => {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return { code: child.exitCode, told };
  };
  return { child, address, ended, told: () => told };
}

const detect = async (count: number) => {
  const base64 = (await picture(800, 600)).toString('base64');
  const body = JSON.stringify({ images: Array(count).fill({ base64 }), prompts: ['a cat'] });
  return { body, method: 'POST', headers: { 'content-type': 'application/json' } };
};

describe('fgdet serve', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'at %s finishes what is under way and ends with status 0',
    async (signal) => {
      const { child, address, ended } = await serve();
      const { port, hostname } = new URL(address);
      expect(hostname).toBe('127.0.0.1');
      const request = fetch(`${address}/v1/detect`, await detect(16));
      // Until it is under way.
      for (;;) {
        const health = await fetch(`http://localhost:${port}/health`);
        const { queue } = (await health.json()) as { queue: { running: number } };
        if (queue.running > 0) break;
      }
      child.kill(signal);
      const answer = await request;
      expect(answer.status).toBe(200);
      expect(((await answer.json()) as { results: [] }).results).toHaveLength(16);
      expect(await ended()).toEqual({ code: 0, told: expect.stringContaining('Finishing') });
    },
  );

  test('looks for the labels it is given, and asks for a token from the environment', async () => {
    const shown = join(model, 'shown.png');
    writeFileSync(shown, await picture());
    const labels = ['--label', 'cat: a cat|kitten @ 0', '--example', `thing=${shown}:10,10,90,90`];
    const { address, told } = await serve([...labels, '--batch', '2', '--host', '0.0.0.0'], {
      FGDET_TOKEN: 'secret',
    });
    expect(told()).not.toContain('--token');
    const image = (await picture()).toString('base64');
    const ask = (headers: object) =>
      fetch(`${address}/cvat`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ image, threshold: 0 }),
      });
    expect((await ask({})).status).toBe(401);
    const answer = await ask({ authorization: 'Bearer secret' });
    expect(await answer.json()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ label: 'cat', type: 'rectangle' }),
        expect.objectContaining({ label: 'thing', type: 'rectangle' }),
      ]),
    );
  });

  test("tells Label Studio the model's digest", async () => {
    const version = async () => {
      const { address } = await serve();
      const schema =
        '<View><Image name="i" value="$i"/><RectangleLabels name="r" toName="i"><Label value="cat"/></RectangleLabels></View>';
      const answer = await fetch(`${address}/setup`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ project: 1, schema }),
      });
      return ((await answer.json()) as { model_version: string }).model_version;
    };
    const before = await version();
    expect(before.startsWith(`${model} `)).toBe(true);
    expect(before.slice(model.length)).toMatch(/^ [\da-f]{12}, labels [\da-f]{8}$/);
    appendFileSync(join(model, 'config.json'), ' ');
    expect(await version()).not.toBe(before);
  });

  test('warns when everyone may use it', async () => {
    const open = await serve(['--host', '0.0.0.0']);
    expect(open.told()).toContain('give it a --token');
  });

  test('says that a port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    try {
      await expect(serve([], {}, port)).rejects.toThrow(
        `fgdet: Cannot listen: port ${port} is taken; choose another with --port.`,
      );
    } finally {
      other.close();
    }
  });
});

describe('usage', () => {
  test('--help has examples', async () => {
    const { status, stdout } = await callFgdet(['serve', '--help']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/Examples:\n\s+fgdet serve/);
    expect(stdout).toContain('9090');
  });

  test.each([
    [['--port', '99999'], 2, '--port takes'],
    [['--queue', '-1'], 2, '--queue takes'],
    [['--batch', '0'], 2, '--batch takes'],
    [['--max-body', '0'], 2, '--max-body takes'],
    [['--label-studio-seconds', '0'], 2, '--label-studio-seconds takes'],
    [['--token', ''], 2, '--token'],
    [['--cors', 'example.org'], 2, '--cors must be'],
    [['--label-studio-url', 'ftp://x'], 2, "Label Studio's address must be"],
    [['--local-files', '/nowhere'], 1, 'does not exist'],
    [['--labels', '/nowhere.txt'], 1, 'Cannot read /nowhere.txt'],
    [['--label', 'cat @ 5'], 1, 'threshold'],
    [['--model', '/nowhere'], 1, '/nowhere'],
  ])('%j is refused', async (args, code, message) => {
    const { status, stderr } = await callFgdet(['serve', ...args, '--offline']);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(status).toBe(code);
  });
});
