// Makes prelabel-report.jpg: node scripts/pictures/report.mjs, after npm run build. Needs chromium.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import sharp from 'sharp';

const root = new URL('../../', import.meta.url).pathname;
const cli = join(root, process.env.FGDET_BUILD ?? 'dist', 'app/cli/fgdet.js');
const fgdet = (...args) => execFileSync(process.execPath, [cli, ...args], { stdio: 'inherit' });
const folder = mkdtempSync(join(tmpdir(), 'fgdet-report-'));
const at = (...parts) => join(folder, ...parts);
try {
  fgdet('data', 'scenes', '--count', '150', '--seed', '3', '--output', at('photos'));
  const labels = [
    'cat: a cat | a kitten',
    'dog',
    'car: a car | a taxi',
    'apple',
    'bus',
    'fish',
    'frog',
    'key',
  ];
  writeFileSync(at('labels.txt'), labels.map((line) => `${line}\n`).join(''));
  fgdet(
    'prelabel',
    at('photos'),
    '-r',
    '--labels',
    at('labels.txt'),
    '--output',
    at('labels.json'),
  );
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
  const page = await browser.newPage({ viewport: { width: 1180, height: 1150 } });
  await page.goto(`file://${at('labels.prelabel/report.html')}`);
  const png = await page.screenshot();
  await browser.close();
  await sharp(png).jpeg({ quality: 86 }).toFile(join(root, 'docs/pictures/prelabel-report.jpg'));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
