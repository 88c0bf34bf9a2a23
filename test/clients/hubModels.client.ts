import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { modelTypes } from '../../detectors/proposals/hub/modelTypes.js';
import type { RegionProposal } from '../../detectors/proposals/source.js';
import { packageRoot } from '../../src/files/packageRoot.js';
import { clipBox, scaleBox, type Xyxy } from '../../src/geometry/boxes.js';
import { describeWith } from './programs.js';

interface Expected {
  score: number;
  label: number | string;
  box: Xyxy;
}

function run(command: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr.slice(-3000));
  return stdout;
}

describeWith('hub-models', (bin) => {
  let folder: string;
  let size: [number, number];
  let found: Record<string, RegionProposal[] | string>;
  let models: Record<string, { expected: Expected[] }>;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'fgdet-hub-models-'));
    run(join(bin, 'python'), join(packageRoot, 'test/fixtures/hubModels/save.py'), folder);
    ({ models } = JSON.parse(readFileSync(join(folder, 'recorded.json'), 'utf8')));
    const library = join(
      bin,
      '../node_modules/@huggingface/transformers/dist/transformers.node.mjs',
    );
    const program = fileURLToPath(new URL('hubDetections.js', import.meta.url));
    ({ size, found } = JSON.parse(run(process.execPath, program, library, folder)));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each([...modelTypes])(
    'transformers.js finds with %s what PyTorch finds',
    (kind, { square }) => {
      const [width, height] = size;
      const side = Math.max(width, height);
      const wanted = models[kind].expected
        .map(({ box, ...rest }) => {
          const inPixels = square ? scaleBox(box, side, side) : scaleBox(box, width, height);
          return { ...rest, box: clipBox(inPixels, width, height) };
        })
        .filter(({ box: [x1, y1, x2, y2] }) => x1 < x2 && y1 < y2);
      expect(wanted.length).toBeGreaterThan(3);
      expect(found[kind]).toHaveLength(wanted.length);
      wanted.forEach(({ score, label, box }, i) => {
        const region = found[kind][i] as RegionProposal;
        expect(Math.abs(region.quality - score)).toBeLessThan(1e-4);
        expect(region.category).toBe(label);
        box.forEach((edge, k) => {
          expect(Math.abs(region.box[k] - edge) / size[k % 2]).toBeLessThan(1e-4);
        });
      });
    },
  );
});
