import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { DetectionResult } from './results.js';

/**
 * Times detection in a process of its own.
 * @param model a model folder; its weights may be random.
 * @param rounds timed runs of each stage.
 */
export async function measureDetection(
  model: string,
  threads: number,
  rounds: number,
): Promise<DetectionResult> {
  const script = fileURLToPath(new URL('./run.js', import.meta.url));
  const work = mkdtempSync(join(tmpdir(), 'fgdet-bench-'));
  try {
    const args = [script, model, work, String(threads), String(rounds)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [output, [status]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    if (status !== 0) throw new Error(`The benchmark of detection ended with status ${status}.`);
    return JSON.parse(output) as DetectionResult;
  } finally {
    rmSync(work, { recursive: true });
  }
}
