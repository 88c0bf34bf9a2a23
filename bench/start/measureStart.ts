import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exportModel } from '../../src/fgclip/export.js';
import { loadModelFolder } from '../../src/fgclip/modelFolder.js';
import { packageRoot } from '../../src/files/packageRoot.js';
import { markdownTable } from '../markdown.js';
import { median } from '../median.js';

/** One network to open, so that the first row of the table says what cannot be saved. */
const model = join(packageRoot, 'models/scenes');

/**
 * Times whole processes, in turns: `fgdet detect` on a drawing with the model for those, with compiled graphs
 * on the disk and without, on a photograph with a phrase seen before and with a new one, and a script that decodes the same picture and opens the exported model.
 * @returns a Markdown table.
 */
export async function measureStart(rounds: number): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'fgdet-start-'));
  try {
    const { file } = await exportModel(await loadModelFolder(model), 'image', folder);
    const picture = join(packageRoot, 'samples/bell.jpg');
    const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
    const fgdet = at('../../app/cli/fgdet.js');
    const photo = join(packageRoot, 'samples/coffee.jpg');
    const detect = [fgdet, 'detect', picture, '-p', 'a bell', '-m', model];
    const look = (prompt: string) => [fgdet, 'detect', photo, '-p', prompt];
    const reference = [at('reference.js'), picture, file];
    const commands: { title: string; args: () => string[] }[] = [
      { title: 'decodes the picture and opens a model', args: () => reference },
      { title: 'fgdet detect, a drawing', args: () => detect },
      { title: 'the same, --no-graph-cache', args: () => [...detect, '--no-graph-cache'] },
      { title: 'fgdet detect, a photograph', args: () => look('a cup of coffee') },
      // Of one length, so that the same graph does for all.
      { title: 'the same, a new phrase', args: () => look(`a cup of ${randomInt(1000, 10000)}`) },
      { title: 'fgdet --help', args: () => [fgdet, '--help'] },
    ];
    const times = commands.map(() => [] as number[]);
    // The first round warms the disk, and keeps the graphs.
    for (let round = -1; round < rounds; round++) {
      for (const [index, { title, args }] of commands.entries()) {
        const start = performance.now();
        const env = { ...process.env, XDG_CACHE_HOME: folder };
        const { status, stderr } = spawnSync(process.execPath, args(), { env, encoding: 'utf8' });
        if (status !== 0) throw new Error(`${title} failed: ${stderr}`);
        if (round >= 0) times[index].push(performance.now() - start);
      }
    }
    const medians = times.map(median);
    const rows = commands.map(({ title }, index) => [
      title,
      medians[index].toFixed(0),
      (medians[index] / medians[0]).toFixed(2),
    ]);
    return markdownTable(['start to end', 'ms', 'times the first'], rows);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
