import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { writeTinyFgClip2 } from '../../fgclip2/tinyFolder.js';
import { callFgdet } from './callFgdet.js';
import { runFgdet } from './runFgdet.js';
import { writeTinyModel } from './tinyModel.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-evaluate-'));
let model: string;

const records = join(folder, 'records.json');
const annotations = join(folder, 'annotations.json');
const tasksOfFeatures = {
  boxes: { task: 'boxes', annotations, images: folder, templates: 'plain' },
  '1 of 11': { task: 'hard-negatives', records, images: folder },
  captions: { task: 'retrieval', records, images: folder, limit: 2 },
};

beforeAll(async () => {
  model = await writeTinyModel();
  const names = ['cat', 'dog', 'animal'];
  const images = await Promise.all(
    names.map(async (name, id) => {
      const file_name = `${name}.png`;
      const background = { r: 90 * id, g: 200, b: 60 };
      await sharp({ create: { width: 60, height: 40, channels: 3, background } })
        .png()
        .toFile(join(folder, file_name));
      return { id, file_name, width: 60, height: 40 };
    }),
  );
  writeFileSync(
    annotations,
    JSON.stringify({
      images,
      categories: names.map((name, id) => ({ id, name })),
      annotations: names.map((_, id) => ({
        image_id: id,
        category_id: id,
        bbox: [10, 5, 30, 20],
      })),
    }),
  );
  writeFileSync(
    records,
    JSON.stringify(
      names.map((name) => ({
        f_path: `${name}.png`,
        caption: `a photo of a red ${name}`,
        short_caption: name,
        bbox_info: [
          {
            bbox: [0.1, 0.1, 0.7, 0.8],
            short_expr: `a red ${name}`,
            long_expr: `a red ${name}`,
            short_expr_negs: Array.from({ length: 10 }, (_, i) => `a grey ${name} ${i}`),
            flag_short_neg: name === 'cat' ? 0 : 1,
          },
        ],
      })),
    ),
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

function commandLine(config: object, args: readonly string[]): string[] {
  const file = join(folder, 'evaluation.json');
  writeFileSync(file, JSON.stringify(config));
  return ['evaluate', file, ...args];
}
const evaluate = (config: object, ...args: string[]) => runFgdet(commandLine(config, args));
const evaluateHere = (config: object, ...args: string[]) => callFgdet(commandLine(config, args));

test('--json prints every measure of every task', () => {
  const { status, stdout, stderr } = evaluate(
    { imageSize: 48, tasks: tasksOfFeatures },
    '--model',
    model,
    '--json',
  );
  expect(status).toBe(0);
  const { results } = JSON.parse(stdout);
  const share = expect.any(Number);
  expect(results).toEqual({
    boxes: { top1: share, top5: 1, count: 3 },
    '1 of 11': { top1: share, ties: share, count: 2 },
    captions: {
      ...{ 'I→T R@1': share, 'I→T R@5': 1, 'I→T R@10': 1 },
      ...{ 'T→I R@1': share, 'T→I R@5': 1, 'T→I R@10': 1, count: 2 },
    },
  });
  expect(stderr).toMatch(/^boxes: 3\/3 pictures/m);
});

test('FG-CLIP 2 answers the same tasks, at its own resolution', async () => {
  const second = await writeTinyFgClip2();
  const tasks = tasksOfFeatures;
  const options = ['--model', second, '--patches', '64', '--json'];
  const { status, stdout, stderr } = await evaluateHere({ tasks }, ...options);
  expect({ status, stderr }).toMatchObject({ status: 0 });
  const { results } = JSON.parse(stdout);
  expect(results.boxes).toEqual({ top1: expect.any(Number), top5: 1, count: 3 });
  expect(results['1 of 11']).toMatchObject({ count: 2 });
  expect(results.captions).toMatchObject({ 'I→T R@5': 1, count: 2 });
  const squashed = await evaluateHere({ imageSize: 48, tasks }, ...options);
  expect(squashed.stderr).toMatch(/imageSize is for FG-CLIP; .* --patches says how closely/);
  const described = join(folder, 'described.jsonl');
  const line = { img_path: 'cat.png', pos_expression: 'a cat', neg_expression: ['a dog'] };
  writeFileSync(described, JSON.stringify({ ...line, bbox: [100, 100, 5, 5] }));
  const ovd = { task: 'fg-ovd', records: described, images: folder };
  expect((await evaluateHere({ tasks: { ovd } }, ...options)).stderr).toMatch(
    /the box 100, 100, 5, 5 of cat\.png shows nothing of the picture, which has 60 × 40 pixels/,
  );
  rmSync(join(second, 'tokenizer.json'));
  const mute = await evaluateHere({ tasks }, ...options);
  expect(mute.stderr).toMatch(/tokenizer\.json/);
  expect(mute.stderr).not.toContain('pictures');
  rmSync(second, { recursive: true });
});

const dense = { annotations, images: folder, proposals: 'dense' };

function detection() {
  const split = join(folder, 'base.json');
  writeFileSync(split, JSON.stringify(['cat', 'dog']));
  return { task: 'detection', ...dense, base: split, threshold: 0, maxPerImage: 50 };
}

describe('with a folder for the report', () => {
  test('a detector is measured by what it finds, and its scores by what is there', async () => {
    const output = join(folder, 'report');
    const published = { model: 'another', figures: { AP: 12.5 } };
    const tasks = {
      'what is found': { ...detection(), published },
      scores: { task: 'scores', ...dense, absent: 2, least: 0.05 },
    };
    const options = ['--model', model, '--output', output];
    const { status, stdout, stderr } = await evaluateHere({ tasks }, ...options, '--json');
    expect(stderr).toContain(join(output, 'report.md'));
    expect(status).toBe(0);
    const { results } = JSON.parse(stdout);
    const found = results['what is found'];
    expect(Object.keys(found).slice(12)).toEqual([
      ...['base AP', 'base AP50', 'novel AP', 'novel AP50', 'count'],
    ]);
    expect(found.count).toBe(3);
    expect(results.scores).toMatchObject({ threshold: 0.3, count: 3 });
    const kept = join(output, 'what-is-found');
    const files = ['--gt', annotations, '--dt', join(kept, 'results.json')];
    const { stats } = JSON.parse((await callFgdet(['score', 'coco', ...files, '--json'])).stdout);
    expect(found).toMatchObject(stats);
    expect(readdirSync(kept)).toEqual(
      expect.arrayContaining(['precision-recall.png', 'categories.png', 'images.txt']),
    );
    const report = readFileSync(join(output, 'report.md'), 'utf8');
    const difference = (100 * found.AP - 12.5).toFixed(1).replace(/^(?=\d)/, '+');
    expect(report).toContain(`| AP | ${(100 * found.AP).toFixed(1)} | 12.5 | ${difference} |`);
    expect(JSON.parse(readFileSync(join(output, 'report.json'), 'utf8'))).toMatchObject({
      model,
      results,
      versions: { node: process.version },
    });
    // Everything is at hand: nothing is measured again.
    const again = await evaluateHere({ tasks }, ...options, '--json');
    expect(again.stdout).toBe(stdout);
    expect(again.stderr).not.toContain('pictures');
  });

  test('a run that was stopped goes on, with the same results; another run does not mix in', async () => {
    const tasks = { found: detection() };
    const results = (output: string) => readFileSync(join(output, 'found/results.json'), 'utf8');
    const [whole, stopped] = [join(folder, 'whole'), join(folder, 'stopped')];
    await evaluateHere({ tasks }, '--model', model, '--output', whole);
    const lines = readFileSync(join(whole, 'found/found-1-of-1.jsonl'), 'utf8').split('\n');
    mkdirSync(join(stopped, 'found'), { recursive: true });
    const begun = join(stopped, 'found/found-1-of-1.jsonl');
    // One picture is done; the next line was being written.
    writeFileSync(begun, `${lines[0]}\n${lines[1]}\n${lines[2].slice(0, 20)}`);
    const { stderr } = await evaluateHere({ tasks }, '--model', model, '--output', stopped);
    expect(stderr).toMatch(/found: 1\/3 pictures/);
    expect(results(stopped)).toBe(results(whole));
    expect(readFileSync(begun, 'utf8')).toBe(lines.join('\n'));
    // What was found is a source of boxes by itself: the task's annotations say which pictures they are of.
    const file = `file:${join(whole, 'found/results.json')}`;
    const recall = { task: 'recall', annotations, images: folder, proposals: file };
    const again = await evaluateHere({ tasks: { recall } }, '--model', model, '--json');
    expect(JSON.parse(again.stdout).results.recall).toMatchObject({ count: 3 });
    const other = { found: { ...detection(), threshold: 0.5 } };
    const mixed = await evaluateHere({ tasks: other }, '--model', model, '--output', stopped);
    expect(mixed.status).toBe(1);
    expect(mixed.stderr).toMatch(/found-1-of-1\.jsonl holds what was found with another model/);
  });

  test('processes share the pictures', async () => {
    const tasks = { found: detection(), captions: tasksOfFeatures.captions };
    const output = join(folder, 'shared');
    const options = ['--model', model, '--output', output];
    const first = await evaluateHere({ imageSize: 48, tasks }, ...options, '--shard', '1/2');
    expect(first.stderr).toMatch(/To be ended by .*: found, captions\./);
    expect(existsSync(join(output, 'report.md'))).toBe(false);
    const second = await evaluateHere({ imageSize: 48, tasks }, ...options, '--shard', '2/2');
    expect(second.stderr).toMatch(/To be ended by .*: captions\./);
    const last = await evaluateHere({ imageSize: 48, tasks }, ...options);
    expect(last.status).toBe(0);
    expect(last.stderr).not.toMatch(/found: /);
    const alone = join(folder, 'alone');
    await evaluateHere({ imageSize: 48, tasks }, '--model', model, '--output', alone);
    for (const name of ['report.json', 'found/results.json']) {
      expect(readFileSync(join(output, name), 'utf8')).toBe(
        readFileSync(join(alone, name), 'utf8'),
      );
    }
  });
});

describe('--fit', () => {
  /** Boxes of another detector: it is surer of those that are right. */
  const found = join(folder, 'found.json');
  const fit = join(folder, 'mine.fit.json');
  const scores = {
    ...{ task: 'scores', annotations, images: folder, least: 0 },
    ...{ proposals: `file:${found}`, temperature: 1e-3 },
  };
  beforeAll(() => {
    const boxes = [0, 1, 2].flatMap((image_id) => [
      { image_id, category_id: 0, bbox: [10, 5, 30, 20], score: 0.8 },
      { image_id, category_id: 0, bbox: [0, 0, 9, 9], score: 0.3 },
      { image_id, category_id: 0, bbox: [45, 25, 9, 9], score: 0.2 },
    ]);
    writeFileSync(found, JSON.stringify(boxes));
  });

  test('writes a threshold and a calibration, which make scores of boxes from anywhere shares that are right', async () => {
    const options = ['--model', model, '--json'];
    const { status, stdout, stderr } = await evaluateHere(
      { tasks: { mine: scores } },
      ...options,
      '--fit',
      fit,
    );
    expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.stringContaining(fit) });
    const { mine } = JSON.parse(stdout).results;
    const written = JSON.parse(readFileSync(fit, 'utf8'));
    expect(written).toMatchObject({ model, boxes: 'file', measured: { pictures: 3, annotations } });
    expect(written.threshold).toBeCloseTo(mine['fitted threshold'], 3);
    expect(written.calibration.slope).toBeCloseTo(mine['fitted slope'], 3);
    expect(mine['calibration error']).toBeGreaterThan(0.02);

    const fitted = await evaluateHere({ tasks: { mine: scores } }, ...options, '--fitted', fit);
    const after = JSON.parse(fitted.stdout).results.mine;
    expect(after.threshold).toBe(written.threshold);
    expect(after.F1).toBeCloseTo(mine['best F1'], 6);
    expect(after['calibration error']).toBeLessThan(mine['calibration error']);
  });

  test('of prompts with examples stands beside that of words, whose threshold counts', async () => {
    const source = join(folder, 'examples.json');
    const content = JSON.parse(readFileSync(annotations, 'utf8'));
    for (const one of content.annotations) one.bbox = [5, 5, 40, 30];
    writeFileSync(source, JSON.stringify(content));
    const examples = { annotations: source, images: folder, count: 1 };
    const tasks = { words: scores, shown: { ...scores, examples } };
    const shownFit = join(folder, 'shown.fit.json');
    const options = ['--model', model, '--json'];
    const fitted = await evaluateHere(
      { tasks: { shown: tasks.shown } },
      ...options,
      '--fit',
      shownFit,
    );
    expect(fitted.stderr).toMatch(/for prompts with examples and boxes of file/);
    const written = JSON.parse(readFileSync(shownFit, 'utf8'));
    expect(written).not.toHaveProperty('calibration');
    const before = JSON.parse(fitted.stdout).results.shown;
    expect(written.exampleCalibration.slope).toBeCloseTo(before['fitted slope'], 3);

    const both = ['--fitted', shownFit, '--fitted', fit];
    const { results } = JSON.parse((await evaluateHere({ tasks }, ...options, ...both)).stdout);
    const { threshold } = JSON.parse(readFileSync(fit, 'utf8'));
    for (const name of ['words', 'shown'] as const) {
      expect(results[name].threshold).toBe(threshold);
      // What was fitted fits: nothing is left to be fitted.
      expect(results[name]['calibration error']).toBeLessThan(0.02);
    }
    const twice = [...options, '--fitted', fit, '--fitted', fit];
    expect((await evaluateHere({ tasks: { words: scores } }, ...twice)).stderr).toMatch(
      /are both for prompts in words/,
    );
  });

  test('what cannot be fitted is told first', async () => {
    const fitInto = async (tasks: object, file: string) =>
      (await evaluateHere({ tasks }, '--model', model, '--fit', file)).stderr;
    expect(await fitInto({ boxes: tasksOfFeatures.boxes }, fit)).toMatch(
      /--fit needs one task "scores" in .*evaluation\.json, which has none/,
    );
    expect(await fitInto({ a: scores, b: scores }, fit)).toMatch(/which has 2: a, b/);
    expect(await fitInto({ a: scores }, folder)).toMatch(/--fit takes the name of a file/);
    const none = { ...scores, limit: 1, least: 1 };
    expect(await fitInto({ none }, join(folder, 'none.json'))).toMatch(
      /Nothing can be fitted from the task "none": of its 0 boxes/,
    );
    expect(existsSync(join(folder, 'none.json'))).toBe(false);
    const both = ['--model', model, '--fit', fit, '--fitted', fit];
    expect((await evaluateHere({ tasks: { a: scores } }, ...both)).stderr).toMatch(
      /--fit measures scores as the model gives them/,
    );
  });

  test('what was fitted is for its own temperature', async () => {
    expect(JSON.parse(readFileSync(fit, 'utf8')).temperature).toBe(1e-3);
    const other = { ...scores, temperature: 50 };
    const told = await evaluateHere({ tasks: { other } }, '--model', model, '--fitted', fit);
    expect(told.stderr).toMatch(/was fitted at temperature 0\.001; this is temperature 50/);
  });

  test('what was fitted is for its own model and boxes', async () => {
    const picture = join(folder, 'cat.png');
    const ask = (of: string, proposals: string) =>
      callFgdet([
        'detect',
        picture,
        '-p',
        'cat',
        '-m',
        of,
        '--fitted',
        fit,
        '--proposals',
        proposals,
      ]);
    expect((await ask(model, 'dense')).stderr).toMatch(
      /fitted for boxes of file; these are of dense/,
    );
    const other = await writeTinyModel({ threshold: 0.31 });
    const { stderr } = await ask(other, `file:${found},${annotations}`);
    expect(stderr).toMatch(/was fitted with .* is another, or has changed since/);
    rmSync(other, { recursive: true });
    const nothing = join(folder, 'nothing.json');
    writeFileSync(nothing, '{}');
    const { stderr: told } = await callFgdet([
      'detect',
      picture,
      '-p',
      'cat',
      '-m',
      model,
      '--fitted',
      nothing,
    ]);
    expect(told).toMatch(/nothing\.json is not a threshold and calibration .*boxes/s);
  });
});

test("FG-CLIP's own measures: FG-OVD, captions, classes", async () => {
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const boxes = ['cat', 'dog', 'cat'].map((name) => ({
    ...{ img_path: `${name}.png`, bbox: [5, 5, 30, 20] },
    ...{ pos_expression: [`a red ${name}`], neg_expression: [`a blue ${name}`] },
  }));
  const captions = [0, 1].map((image_id) => ({ image_id, caption: `a photo of ${image_id}` }));
  const images = ['cat', 'dog'].map((name, id) => ({ id, file_name: `${name}.png` }));
  for (const name of ['cat', 'dog']) {
    mkdirSync(join(folder, 'classes', name), { recursive: true });
    copyFileSync(join(folder, `${name}.png`), join(folder, 'classes', name, `${name}.png`));
  }
  const config = {
    imageSize: 48,
    tasks: {
      hard: {
        ...{ task: 'fg-ovd', images: folder },
        records: file('hard.jsonl', boxes.map((box) => JSON.stringify(box)).join('\n')),
      },
      short: {
        ...{ task: 'retrieval', format: 'coco', length: 'short', images: folder },
        records: file('captions.json', JSON.stringify({ images, annotations: captions })),
      },
      classes: { task: 'zero-shot', images: join(folder, 'classes') },
    },
  };
  const { status, stdout, stderr } = await evaluateHere(config, '--model', model, '--json');
  expect(stderr).not.toMatch(/error/i);
  expect(status).toBe(0);
  const { results } = JSON.parse(stdout);
  expect(results.hard.count).toBe(3);
  expect(results.short).toMatchObject({ 'I→T R@5': 1, 'T→I R@10': 1, count: 2 });
  expect(results.classes).toMatchObject({ top5: 1, count: 2 });
});

test('a table without --json; the model may stand in the config', async () => {
  const { status, stdout } = await evaluateHere({
    model,
    tasks: { '1 of 11': tasksOfFeatures['1 of 11'] },
  });
  expect(status).toBe(0);
  expect(stdout).toMatch(
    /^task +measure +value\n1 of 11 +top1 +[\d.]+\n1 of 11 +ties +[\d.]+\n1 of 11 +count +2\n$/,
  );
});

test.each<[string, object, string[], number, RegExp]>([
  [
    'a bad size',
    { imageSize: 30, tasks: tasksOfFeatures },
    ['-m'],
    1,
    /imageSize is 30, which is not a multiple/,
  ],
  ['an unknown task', { tasks: { a: { task: 'b' } } }, ['-m'], 1, /tasks\.a\.task: must be/],
  [
    'missing annotations',
    {
      tasks: {
        // It is told before the first task runs.
        captions: tasksOfFeatures.captions,
        boxes: { ...tasksOfFeatures.boxes, annotations: 'none.json', source: 'From there.' },
      },
    },
    ['-m'],
    1,
    /The task "boxes" needs none\.json \("annotations"\), which is not there\. From there\./,
  ],
  [
    'missing pictures',
    { tasks: { boxes: { ...tasksOfFeatures.boxes, images: 'nowhere' } } },
    ['-m'],
    1,
    /needs nowhere \("images"\)/,
  ],
  [
    'an unknown list of templates',
    { tasks: { boxes: { ...tasksOfFeatures.boxes, templates: 'mine' } } },
    ['-m'],
    1,
    /has no list "mine"/,
  ],
  [
    'a split of another data set',
    { tasks: { a: { task: 'detection', annotations, images: folder, base: 'not-rare' } } },
    ['-m'],
    1,
    /annotations\.json does not say how frequent "cat" is/,
  ],
  [
    'a field of another protocol',
    { tasks: { a: { ...dense, task: 'detection', fixedAp: 10 } } },
    ['-m'],
    1,
    /"fixedAp" does not go with the protocol "coco"/,
  ],
  [
    'LVIS without its fields',
    { tasks: { a: { ...dense, task: 'detection', protocol: 'lvis' } } },
    ['-m'],
    1,
    /annotations\.json is not an LVIS annotation file: category 0 has no frequency/,
  ],
  [
    'recall without regions',
    { tasks: { a: { task: 'recall', annotations, images: folder, proposals: 'dense' } } },
    ['-m'],
    1,
    /dense, .* depend on what is asked for/,
  ],
  [
    'nothing to judge',
    { tasks: { a: { ...tasksOfFeatures['1 of 11'], limit: 1 } } },
    ['-m'],
    1,
    /records\.json has no boxes with hard negatives/,
  ],
])('%s is told in a line', async (_, config, option, exit, message) => {
  const options = option.flatMap((name) => [name, model]);
  const { status, stdout, stderr } = await evaluateHere(config, ...options);
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect({ status, stdout }).toEqual({ status: exit, stdout: '' });
});
