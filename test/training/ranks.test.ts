import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSafetensors } from '../../src/checkpoints/safetensors.js';
import { readLog } from '../../training/log.js';
import { callFgdet } from '../app/cli/callFgdet.js';
import { distance, norm } from '../golden.js';
import { fgdet, mpiInstalled, mpirun, startMpirun } from '../ranks/mpirun.js';
import { tinyFields, writeTinyData } from './tinyRun.js';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fgdet-ranks-'));
  await writeTinyData(folder, 20);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a config whose result does not depend on the number of processes. */
function configFile(name: string, changes: Record<string, unknown> = {}) {
  const output = join(folder, name);
  const settings = { batch: 8, regionBatch: 2, microBatch: 2, epsilon: 1e-3, output };
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify({ ...tinyFields(folder), ...settings, ...changes }));
  return { file, output };
}

const weightsOf = (output: string, step: number) =>
  openSafetensors(join(output, `checkpoints/step-00000${step}/model.safetensors`));

/** Sums come in another order on several ranks, so that weights differ in their last bits. */
function expectSameWeights(output: string, expected: string, step: number): void {
  const others = weightsOf(expected, step);
  for (const [name, array] of weightsOf(output, step)) {
    const other = others.get(name)!;
    const off = distance(array, other) / Math.max(norm(other), 1e-3);
    expect({ name, ok: off < 1e-4 }).toEqual({ name, ok: true });
  }
}

const lossesOf = (output: string) =>
  readLog(join(output, 'log.jsonl')).map(({ losses }) => losses.total);

const describeWithMpi = mpiInstalled ? describe : describe.skip;

/** What one process learns is compared with what several do. */
function expectSameRun(output: string, alone: string): void {
  expectSameWeights(output, alone, 6);
  const losses = lossesOf(output);
  expect(losses).toHaveLength(6);
  lossesOf(alone).forEach((loss, i) => {
    expect(losses[i]).toBeCloseTo(loss, 4);
  });
}

describeWithMpi('training on several ranks', () => {
  let alone: string;
  beforeAll(async () => {
    const { file, output } = configFile('alone');
    expect(await callFgdet(['train', file])).toMatchObject({ status: 0 });
    alone = output;
  });

  test('2 ranks learn what one process learns', () => {
    const { file, output } = configFile('on-2');
    const { status, stdout, stderr } = mpirun(2, fgdet, 'train', file, '--json');
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(JSON.parse(stdout)).toMatchObject({ step: 6, interrupted: false, badRecords: 0 });
    expectSameRun(output, alone);
  });

  test('a rank that dies ends the job; 4 ranks go on from its checkpoint, and learn the same', async () => {
    const { file, output } = configFile('killed', { checkpointEvery: 1, keep: 10 });
    const job = startMpirun(2, fgdet, 'train', file);
    let said = '';
    job.stderr!.on('data', (text) => {
      said += text;
    });
    while (!existsSync(join(output, 'checkpoints/step-000002'))) await sleep(5);
    const children = readFileSync(`/proc/${job.pid}/task/${job.pid}/children`, 'utf8');
    process.kill(Number(children.trim().split(' ').at(-1)), 'SIGKILL');
    const [status] = await once(job, 'exit');
    expect(status).not.toBe(0);
    expect(said).toMatch(/\[rank 0\].*goes on from the newest checkpoint/);

    const resumed = mpirun(4, fgdet, 'train', file, '--resume');
    expect([resumed.status, resumed.stderr]).toEqual([0, expect.stringContaining('Done')]);
    expect(resumed.stderr).toMatch(/resuming .*step-00000[2-5]/);
    expectSameRun(output, alone);
  });

  test('an error of one rank ends all, with its message', () => {
    const { file } = configFile('odd', { batch: 9 });
    const { status, stderr } = mpirun(2, fgdet, 'train', file);
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/"batch" is 9, which 2 processes cannot share equally/);
  });
});
