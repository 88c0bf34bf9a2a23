// Opens what writeSamples.ts wrote in Label Studio's own page, from the npm package label-studio, and compares
// the regions that it then has.
// node labelStudio.mjs <folder> <unpacked package "label-studio">
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { chromium } from 'playwright-core';

const [folder, studio] = process.argv.slice(2);
const expected = JSON.parse(await readFile(join(folder, 'expected.json'), 'utf8'));
const tasks = JSON.parse(await readFile(join(folder, 'label-studio/labels.json'), 'utf8'));
const config = await readFile(join(folder, 'label-studio/labels.config.xml'), 'utf8');

const page =
  '<!doctype html><meta charset="utf-8"><link href="/static/css/main.css" rel="stylesheet"><div id="label-studio"></div><script src="/static/js/main.js"></script>';
const types = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
};
const server = createServer(async (request, response) => {
  const path = decodeURIComponent(new URL(request.url, 'http://x').pathname);
  if (path === '/') return response.setHeader('content-type', 'text/html').end(page);
  const file = path.startsWith('/photos/') ? join(folder, path) : join(studio, 'build', path);
  const content = await readFile(file).catch(() => undefined);
  response.setHeader('content-type', types[extname(path)] ?? 'application/octet-stream');
  response.writeHead(content ? 200 : 404).end(content);
}).listen(0);

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: flags });
const tab = await browser.newPage();
tab.on('pageerror', (error) => console.error('page:', error.message));

/** The regions of annotations and predictions of a task, once its picture is there. */
async function regionsOf(task, id) {
  await tab.goto(`http://localhost:${server.address().port}/`);
  return tab.evaluate(
    async ([given, labelConfig]) => {
      const { annotations = [], predictions = [], ...rest } = given;
      const numbered = (answers) => answers.map((answer, i) => ({ id: `${i + 1}`, ...answer }));
      const shown = {
        ...rest,
        annotations: numbered(annotations),
        predictions: numbered(predictions),
      };
      const studio = new window.LabelStudio('label-studio', {
        config: labelConfig,
        interfaces: ['panel', 'annotations:menu', 'predictions:menu', 'side-column'],
        user: { pk: 1, firstName: 'A', lastName: 'B' },
        task: shown,
        onLabelStudioLoad: (loaded) => {
          window.studio = loaded;
        },
      });
      const store = () =>
        (window.studio ?? studio).annotationStore ??
        (window.studio ?? studio).store?.annotationStore;
      const found = [];
      for (const list of ['annotations', 'predictions']) {
        for (const answer of [...store()[list]]) {
          if (list === 'annotations') store().selectAnnotation(answer.id);
          else store().selectPrediction(answer.id);
          await new Promise((resolve) => setTimeout(resolve, 1500));
          found.push({ list, result: JSON.parse(JSON.stringify(answer.serializeAnnotation())) });
        }
      }
      return { found, picture: document.querySelector('img')?.naturalWidth };
    },
    [{ ...task, id }, config],
  );
}

for (const [i, task] of tasks.entries()) {
  const { file, width, height, boxes } = expected[i];
  const { found, picture } = await regionsOf(task, i + 1);
  assert.equal(picture, width, `${file}: the picture is not shown`);
  for (const { list, result } of found) {
    const wanted = boxes.filter(({ score }) => (score === undefined) === (list === 'annotations'));
    assert.equal(result.length, wanted.length, `${file}: ${list}`);
    result.forEach(({ type, original_width, value, ...region }, j) => {
      assert.equal(type, 'rectanglelabels');
      assert.equal(original_width, width);
      assert.deepEqual(value.rectanglelabels, [wanted[j].label]);
      const [x1, y1, x2, y2] = wanted[j].box;
      const sides = [
        value.x * width,
        value.y * height,
        (value.x + value.width) * width,
        (value.y + value.height) * height,
      ];
      [x1, y1, x2, y2].forEach((side, k) => {
        assert.ok(Math.abs(sides[k] / 100 - side) < 0.01, `${file}: ${sides}`);
      });
      const own = (list === 'annotations' ? task.annotations : task.predictions)[0].result[j];
      assert.equal(region.id, own.id);
    });
  }
  await tab.screenshot({ path: join(folder, `label-studio-${i}.png`) });
  console.log(
    `${file}: ${found.map(({ list, result }) => `${result.length} in ${list}`).join(', ')}`,
  );
}
await browser.close();
server.close();
