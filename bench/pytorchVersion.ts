import { spawnSync } from 'node:child_process';

/** The version of python3's PyTorch, if there is one. */
export function pytorchVersion(): string | undefined {
  const code = 'import torch; print(torch.__version__)';
  const { status, stdout } = spawnSync('python3', ['-c', code], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}
