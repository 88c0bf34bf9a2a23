// Makes docs/pictures/photographs.jpg, what README's first command finds in the samples, side by side:
//   npm run build && node scripts/pictures/photographs.mjs
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';

const [height, gap] = [300, 8];
const folder = mkdtempSync(join(tmpdir(), 'fgdet-pictures-'));
const prompts = ['a cup of coffee', 'a cat', 'a woman'].flatMap((text) => ['--prompt', text]);
const words = ['dist/app/cli/fgdet.js', 'detect', 'samples', ...prompts, '--output', folder];
execFileSync(process.execPath, words, { stdio: 'inherit' });
const pictures = [];
let left = 0;
for (const name of ['coffee', 'chelsea', 'astronaut']) {
  const input = await sharp(join(folder, `${name}.detections.png`))
    .resize({ height })
    .png()
    .toBuffer();
  pictures.push({ input, left, top: 0 });
  left += (await sharp(input).metadata()).width + gap;
}
await sharp({ create: { width: left - gap, height, channels: 3, background: '#fff' } })
  .composite(pictures)
  .jpeg({ quality: 88 })
  .toFile('docs/pictures/photographs.jpg');
rmSync(folder, { recursive: true });
