// Makes page.png and page-review.png: node scripts/pictures/page.mjs, after npm run build. Needs chromium.
import { chromium } from 'playwright-core';
import sharp from 'sharp';

const root = new URL('../../', import.meta.url);
const build = new URL(`${process.env.FGDET_BUILD ?? 'dist'}/`, root);
const { loadDetector } = await import(new URL('detectors/loadDetector.js', build).href);
const { createServer } = await import(new URL('app/server/server.js', build).href);

const detector = await loadDetector(new URL('models/scenes', root).pathname);
const files = ['garden.jpg', 'bell.jpg'];
const labels = ['sunflower', 'bee', 'helicopter', 'strawberry', 'bell', 'pink rooster'];
const path = (file) => new URL(`samples/${file}`, root).pathname;
const found = [];
for (const file of files) found.push(await detector.detect(path(file), labels));
const review = {
  labels,
  format: 'coco',
  pictures: files.map((file, index) => ({
    ...{ index, file, width: 640, height: 480, boxes: found[index].length, status: 'found' },
    ...{ reviewed: false, uncertainty: 1 - Math.min(...found[index].map(({ score }) => score)) },
  })),
  boxes: (index) => found[index],
  path: (index) => path(files[index]),
  save: async () => {},
};
const photos = await loadDetector();
const servers = {
  find: createServer({ detector: photos, model: 'models/photos' }),
  review: createServer({ detector, model: 'models/scenes', review }),
};
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});

async function picture(name, mode, steps) {
  const address = await servers[mode].listen({ port: 0 });
  const page = await browser.newPage({ viewport: { width: 1180, height: 790 } });
  await page.goto(`${address}/#${mode}`);
  await steps(page);
  await page.waitForTimeout(500);
  const png = await page.screenshot();
  // A palette: a third of the size, and nobody sees the difference.
  await sharp(png)
    .png({ palette: true, quality: 95, effort: 10 })
    .toFile(new URL(`docs/pictures/${name}`, root).pathname);
  await page.close();
}

await picture('page.png', 'find', async (page) => {
  await page.click('[data-sample="coffee.jpg"]');
  await page.waitForSelector('#find.has-picture');
  await page.fill('#prompt', 'a wooden table, a spoon,');
  await page.waitForSelector('#found [role=option]');
  await page.fill('#threshold', '0.3');
  await page.click('#found [role=option] >> nth=0');
  await page.waitForSelector('#look-alike-list li');
  await page.mouse.move(700, 20);
});
await picture('page-review.png', 'review', async (page) => {
  await page.waitForSelector('#review-stage.has-picture');
  await page.keyboard.press('2');
});
await browser.close();
for (const server of Object.values(servers)) await server.close();
for (const each of [detector, photos]) await each.dispose();
