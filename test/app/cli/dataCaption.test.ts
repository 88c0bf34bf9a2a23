import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import sharp from 'sharp';
import { fgdet } from '../../ranks/mpirun.js';
import { FakeServer, failing } from '../../training/construction/fakeServer.js';

const answer = JSON.stringify({
  long: 'A plain square picture of one single colour fills the whole frame without any other thing in it.',
  short: 'a plain square of one colour',
});

let folder: string;
let server: FakeServer;
let slow = false;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fgdet-caption-'));
  mkdirSync(join(folder, 'photos'));
  for (let i = 0; i < 12; i++) {
    const background = { r: 20 * i, g: 0, b: 0 };
    const picture = sharp({ create: { width: 8, height: 8, channels: 3, background } });
    await picture.png().toFile(join(folder, 'photos', `${i}.png`));
  }
  writeFileSync(join(folder, 'photos', '12.png'), 'no picture');
  server = new FakeServer(async (_, n) => {
    if (slow) await new Promise((resolve) => setTimeout(resolve, 200));
    return n % 5 === 1 ? failing(429) : n % 5 === 2 ? answer.slice(0, 40) : answer;
  });
  const endpoint = { url: await server.start(), model: 'm', concurrency: 2 };
  const price = { input: 1000, output: 5000 };
  const config = { endpoint: { ...endpoint, price }, prompt: 'Describe.', longWords: [10, 30] };
  writeFileSync(join(folder, 'captions.json'), JSON.stringify(config));
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

/** Runs the command; the server answers meanwhile. */
async function caption(output: string, options: string[] = [], stopAfter = 0) {
  const args = ['--images', join(folder, 'photos'), '--config', join(folder, 'captions.json')];
  const command = [fgdet, 'data', 'caption', ...args, '--output', join(folder, output), ...options];
  const child = spawn(process.execPath, command, { env: { ...process.env, NODE_OPTIONS: '' } });
  const before = server.asked.length;
  const watch = setInterval(() => {
    if (stopAfter === 0 || server.asked.length - before < stopAfter) return;
    clearInterval(watch);
    child.kill('SIGINT');
  }, 10);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const [stdout, stderr, status] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    ended,
  ]);
  clearInterval(watch);
  return { stdout, stderr, status };
}

describe('fgdet data caption', () => {
  test('captions a folder, whatever the server does now and then', async () => {
    const { stdout, stderr, status } = await caption('whole', ['--json']);
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(stderr).toMatch(/skipped: .*12\.png/);
    expect(stderr).toMatch(/Estimate, from the 4 records just done: .* price's currency/);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({
      ...{ records: 13, kept: 12, failed: { 'its picture cannot be read': 1 } },
    });
    expect(report.counts['refused: the answer is no JSON']).toBeGreaterThan(0);
    const records = JSON.parse(readFileSync(report.file, 'utf8'));
    const names = Array.from({ length: 12 }, (_, i) => `${i}.png`);
    expect(records.map(({ f_path }: { f_path: string }) => f_path)).toEqual(names);
    expect(records[0]).toMatchObject({ short_caption: 'a plain square of one colour' });
  });

  test('says what all would cost, having done a few', async () => {
    const { stderr, status } = await caption('estimate', ['--estimate']);
    expect(status).toBe(0);
    expect(stderr).toMatch(/for the 9 records that are left; .* M tokens to the server/);
    expect(existsSync(join(folder, 'estimate', 'finehard.json'))).toBe(false);
  });

  test('goes on where it was stopped', async () => {
    slow = true;
    const stopped = await caption('stopped', [], 6);
    slow = false;
    expect(stopped.status).toBe(130);
    expect(stopped.stderr).toMatch(/The same command goes on from here/);
    const rest = await caption('stopped');
    expect(rest.status).toBe(0);
    const file = (output: string) => readFileSync(join(folder, output, 'finehard.json'), 'utf8');
    expect(file('stopped')).toBe(file('whole'));
  });
});
