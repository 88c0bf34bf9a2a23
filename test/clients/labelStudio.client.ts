import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/files/packageRoot.js';
import { FgdetServer, fgdet, model } from './fgdet.js';
import { LabelStudio, type Prediction, type Region } from './labelStudioProgram.js';
import { describeWith } from './programs.js';

const bell = join(packageRoot, 'samples/bell.jpg');

/** Where things are in it, in percent. */
const places = {
  strawberry: { x: 18.8, y: 9.3, width: 21, height: 32.5 },
  bell: { x: 17.6, y: 61.1, width: 19.6, height: 27.2 },
};

const image = '<Image name="image" value="$image"/>';
const boxes = (name: string, labels: string, toName = 'image') =>
  `<RectangleLabels name="${name}" toName="${toName}">${labels}</RectangleLabels>`;
const strawberry = '<Label value="strawberry"/>';
const config = `<View>${image}${boxes('label', `${strawberry}<Label value="bell"/>`)}</View>`;

function expectPlace({ value }: Region, thing: keyof typeof places): void {
  for (const [side, percent] of Object.entries(places[thing])) {
    expect(Math.abs(Number(value[side]) - percent)).toBeLessThan(1);
  }
}

describeWith('label-studio', (bin) => {
  let folder: string;
  let photos: string;
  let studio: LabelStudio;
  let server: FgdetServer;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fgdet-label-studio-'));
    photos = join(folder, 'files/photos');
    mkdirSync(photos, { recursive: true });
    copyFileSync(bell, join(photos, 'bell.jpg'));
    studio = await LabelStudio.start(bin, folder, join(folder, 'files'));
    server = await FgdetServer.start(
      ['--label-studio-url', studio.address, '--label-studio-seconds', '15'],
      { LABEL_STUDIO_API_KEY: studio.token },
    );
  }, 15 * 60_000);

  afterAll(async () => {
    await server?.process.stop();
    await studio?.process.stop();
    rmSync(folder, { recursive: true });
  });

  /** What Label Studio's own library has against a prediction. */
  const complaints = (label_config: string, { result, score, model_version }: Prediction) => {
    const program =
      'import json, sys; from label_studio_sdk.label_interface import LabelInterface; ' +
      'given = json.load(sys.stdin); ' +
      'print(json.dumps(LabelInterface(given["config"]).validate_prediction(given["prediction"], return_errors=True)))';
    const input = JSON.stringify({
      config: label_config,
      prediction: { result, score, model_version },
    });
    const { stdout, stderr } = spawnSync(join(bin, 'python'), ['-c', program], {
      ...{ input, encoding: 'utf8' },
    });
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout);
  };

  /** A storage of local files, so that Label Studio serves them. */
  const serveFiles = (project: number) =>
    studio.ask('/api/storages/localfiles', { project, path: photos, use_blob_urls: true });

  test('uploaded pictures, all at once and one on its page', async () => {
    const project = await studio.project(config, server.address);
    await studio.upload(project, [bell]);
    const [prediction, ...others] = await studio.predictions(project);
    expect(others).toEqual([]);
    expect(prediction.model_version).toMatch(/scenes [\da-f]{12}, labels [\da-f]{8}$/);
    expect(prediction.result.map(({ value }) => value.rectanglelabels)).toEqual([
      ['strawberry'],
      ['bell'],
    ]);
    expectPlace(prediction.result[0], 'strawberry');
    expectPlace(prediction.result[1], 'bell');
    expect(complaints(config, prediction)).toEqual([]);
    // It is not asked for again.
    expect(await studio.predictions(project)).toEqual([prediction]);

    const [backend] = await studio.ask<{ id: number; state: string }[]>(
      `/api/ml?project=${project}`,
    );
    expect(backend.state).toBe('CO');
    const asked = await studio.ask<{ data: Prediction }>(
      `/api/ml/${backend.id}/interactive-annotating`,
      { task: prediction.task },
    );
    expect(asked.data.result).toEqual(prediction.result);
  });

  test('a task that failed stays open, and is done once its picture is there', async () => {
    const project = await studio.project(config, server.address);
    await serveFiles(project);
    await studio.import(project, [
      { image: '/data/local-files/?d=photos/bell.jpg' },
      { image: '/data/local-files/?d=photos/late.jpg' },
    ]);
    const [first, second] = await studio.tasks(project);
    const early = await studio.predictions(project);
    expect(early.map(({ task }) => task)).toEqual([first.id]);
    expect(server.process.log).toMatch(
      new RegExp(`Task ${second.id} of Label Studio stays open: .*404`),
    );
    copyFileSync(bell, join(photos, 'late.jpg'));
    const late = await studio.predictions(project);
    rmSync(join(photos, 'late.jpg'));
    expect(late.map(({ task, result }) => [task, result.length])).toEqual([
      [first.id, 2],
      [second.id, 2],
    ]);
    expect(late[0]).toEqual(early[0]);
  });

  test('where all tasks fail, the page of a task says why', async () => {
    const project = await studio.project(config, server.address);
    await studio.import(project, [{ image: 's3://bucket/a.jpg' }]);
    expect(await studio.predictions(project)).toEqual([]);
    const [{ id: backend }] = await studio.ask<{ id: number }[]>(`/api/ml?project=${project}`);
    const [{ id: task }] = await studio.tasks(project);
    const { errors } = await studio.ask<{ errors: string[] }>(
      `/api/ml/${backend}/interactive-annotating`,
      { task },
    );
    expect(errors[0]).toContain('s3://bucket/a.jpg is no http(s) address');
  });

  test.each<[string, string, (address: string) => object, unknown[][]]>([
    [
      'several RectangleLabels',
      `${image}${boxes('fruit', strawberry)}${boxes('things', '<Label value="bell"/>')}`,
      (address) => ({ image: address }),
      [
        ['rectanglelabels', 'fruit', 'image', 'strawberry'],
        ['rectanglelabels', 'things', 'image', 'bell'],
      ],
    ],
    [
      'two pictures',
      `<Image name="a" value="$left"/><Image name="b" value="$right"/>
        ${boxes('la', strawberry, 'a')}${boxes('lb', '<Label value="bell"/>', 'b')}`,
      (address) => ({ left: address, right: address, note: 'no picture' }),
      [
        ['rectanglelabels', 'la', 'a', 'strawberry'],
        ['rectanglelabels', 'lb', 'b', 'bell'],
      ],
    ],
    [
      'Labels and Rectangle',
      `${image}<Labels name="l" toName="image">${strawberry}</Labels><Rectangle name="r" toName="image"/>`,
      (address) => ({ image: address }),
      [
        ['rectangle', 'r', 'image', undefined],
        ['labels', 'l', 'image', 'strawberry'],
      ],
    ],
    [
      'labels of the task',
      `${image}<RectangleLabels name="label" toName="image" value="$options"/>`,
      (address) => ({ image: address, options: [{ value: 'strawberry' }, { value: 'taxi' }] }),
      [['rectanglelabels', 'label', 'image', 'strawberry']],
    ],
    [
      'a list of pictures',
      `<Image name="image" valueList="$pages"/>${boxes('label', strawberry)}`,
      (address) => ({ pages: [address, address] }),
      [
        ['rectanglelabels', 'label', 'image', 'strawberry', 0],
        ['rectanglelabels', 'label', 'image', 'strawberry', 1],
      ],
    ],
    [
      'an alias, and other words to look for',
      `${image}${boxes('label', '<Label value="Fruit" alias="F" predicted_values="strawberry"/>')}`,
      (address) => ({ image: address }),
      [['rectanglelabels', 'label', 'image', 'F']],
    ],
  ])('%s', async (_, view, data, expected) => {
    const label_config = `<View>${view}</View>`;
    const project = await studio.project(label_config, server.address);
    await serveFiles(project);
    await studio.import(project, [data('/data/local-files/?d=photos/bell.jpg')]);
    const [prediction, ...others] = await studio.predictions(project);
    expect(others).toEqual([]);
    expect(
      prediction.result.map(({ type, from_name, to_name, item_index, value }) => [
        ...[type, from_name, to_name],
        ((value.rectanglelabels ?? value.labels) as string[] | undefined)?.[0],
        ...(item_index === undefined ? [] : [item_index]),
      ]),
    ).toEqual(expected);
    expect(complaints(label_config, prediction)).toEqual([]);
  });

  test('501 tasks: as many in each call as there is time for', async () => {
    const pixel = 'data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAACAkQBADs=';
    const project = await studio.project(config, server.address);
    await studio.import(project, Array(501).fill({ image: pixel }));
    let done = 0;
    for (let call = 0; call < 2 && done < 501; call++) {
      const start = Date.now();
      const predictions = await studio.predictions(project);
      expect(Date.now() - start).toBeLessThan(60_000);
      expect(predictions.length).toBeGreaterThan(done);
      const open = 501 - predictions.length;
      if (open > 0) {
        const told = `asked for ${501 - done} tasks; ${open} of them stay open after 15 s`;
        expect(server.process.log).toContain(told);
      }
      done = predictions.length;
    }
  });

  test('a config without boxes is refused, and Label Studio shows why', async () => {
    const project = await studio.project(
      `<View>${image}<Choices name="c" toName="image"><Choice value="a"/></Choices></View>`,
    );
    const answer = await studio.fetch('/api/ml', { url: server.address, project });
    expect(answer.status).toBe(400);
    const reason = 'The label_config has no RectangleLabels, nor Labels with a Rectangle';
    expect(await answer.text()).toContain(reason);
    expect(server.process.log).toContain(`POST /setup of Label Studio is refused (400): ${reason}`);

    // A project whose config loses its boxes later is an error there, until it has some.
    const other = await studio.project(config, server.address);
    const backend = async () =>
      (await studio.ask<{ state: string; error_message: string }[]>(`/api/ml?project=${other}`))[0];
    const { label_config: before } = await studio.ask(`/api/projects/${other}`);
    await studio.ask(`/api/projects/${other}`, { label_config: `<View>${image}</View>` }, 'PATCH');
    expect(await backend()).toMatchObject({
      state: 'ER',
      error_message: expect.stringContaining(reason),
    });
    await studio.ask(`/api/projects/${other}`, { label_config: before }, 'PATCH');
    expect((await backend()).state).toBe('CO');
  });

  test('when labels change, tasks are asked for again', async () => {
    const project = await studio.project(config, server.address);
    await studio.upload(project, [bell]);
    const [before] = await studio.predictions(project);
    const colours = config.replace('value="bell"', 'value="bell" background="red"');
    await studio.ask(`/api/projects/${project}`, { label_config: colours }, 'PATCH');
    expect(await studio.predictions(project)).toEqual([before]);
    const words = config.replace('value="bell"', 'value="bell" predicted_values="a pizza"');
    await studio.ask(`/api/projects/${project}`, { label_config: words }, 'PATCH');
    const all = await studio.predictions(project);
    expect(new Set(all.map(({ model_version }) => model_version)).size).toBe(2);
  });

  test('labels of a folder, as docs/prelabel.md says: pictures and boxes are there', async () => {
    const tasks = join(folder, 'tasks.json');
    fgdet(
      ...['prelabel', photos, '--model', model, '--label', 'strawberry', '--label', 'bell'],
      ...['--format', 'label-studio', '--output', tasks],
      ...['--url-prefix', '/data/local-files/?d=photos/'],
    );
    const project = await studio.project(readFileSync(join(folder, 'tasks.config.xml'), 'utf8'));
    await serveFiles(project);
    await studio.import(project, JSON.parse(readFileSync(tasks, 'utf8')));
    const [{ data }, ...others] = await studio.tasks(project);
    expect(others).toEqual([]);
    const picture = await studio.fetch(data.image);
    expect([picture.status, picture.headers.get('content-type')]).toEqual([200, 'image/jpeg']);
    expect(Buffer.from(await picture.arrayBuffer()).equals(readFileSync(bell))).toBe(true);
    const [{ result }] = await studio.ask<Prediction[]>(`/api/predictions?project=${project}`);
    expectPlace(result.find(({ value }) => String(value.rectanglelabels) === 'bell')!, 'bell');
  });

  test('uploads that people have labelled come back under their own names, and go there again', async () => {
    const named = join(folder, 'named');
    mkdirSync(named);
    const files = ['bell.jpg', 'photo é (2).jpg', 'open.jpg'];
    for (const file of files) copyFileSync(bell, join(named, file));
    const project = await studio.project(config, server.address);
    await studio.upload(
      project,
      files.map((file) => join(named, file)),
    );
    const [first, second] = await studio.predictions(project);
    for (const { task, result, id } of [first, second]) {
      await studio.ask(`/api/tasks/${task}/annotations`, { result, parent_prediction: id });
    }
    for (const type of ['JSON', 'JSON_MIN', 'COCO', 'YOLO', 'VOC']) {
      const exported = await studio.fetch(
        `/api/projects/${project}/export?exportType=${type}&download_all_tasks=true`,
      );
      const isFile = type.startsWith('JSON');
      const file = join(folder, isFile ? `${type}.json` : `${type}.zip`);
      writeFileSync(file, Buffer.from(await exported.arrayBuffer()));
      const unpacked = join(folder, type);
      if (!isFile) spawnSync(join(bin, 'python'), ['-m', 'zipfile', '-e', file, unpacked]);
      const labels = isFile ? file : unpacked;
      const coco = join(folder, `${type}.coco.json`);
      fgdet('data', 'convert', labels, '--to', 'coco', '--images', named, '--output', coco);
      const { images, annotations } = JSON.parse(readFileSync(coco, 'utf8'));
      const boxesOf = (file: string) => {
        const [{ id }] = images.filter((image: { file_name: string }) => image.file_name === file);
        return annotations.filter(({ image_id }: { image_id: number }) => image_id === id).length;
      };
      // COCO and YOLO have also the pictures that nobody has labelled.
      const isWhole = type === 'COCO' || type === 'YOLO';
      expect([type, images.length]).toEqual([type, isWhole ? 3 : 2]);
      expect(files.slice(0, isWhole ? 3 : 2).map(boxesOf)).toEqual(
        [2, 2, 0].slice(0, images.length),
      );
    }

    const tasks = join(folder, 'JSON.json');
    const before = JSON.parse(readFileSync(tasks, 'utf8'));
    fgdet(
      ...['prelabel', named, '--model', model, '--label', 'strawberry', '--label', 'bell'],
      ...['--format', 'label-studio', '--output', tasks],
    );
    const after = JSON.parse(readFileSync(tasks, 'utf8'));
    const idOf = ({ id }: { id: number }) => id;
    expect(after.map(idOf).sort()).toEqual(before.map(idOf).sort());
    const again = await studio.project(config);
    await studio.import(again, after);
    const predictions = await studio.ask<Prediction[]>(`/api/predictions?project=${again}`);
    expect(predictions.map(({ result }) => result.length)).toEqual([2]);
  });

  test('what people make of predictions comes back as labels', async () => {
    const project = await studio.project(config, server.address);
    await studio.upload(project, [bell]);
    const [{ task, result }] = await studio.predictions(project);
    await studio.ask(`/api/tasks/${task}/annotations`, { result });
    const exported = await studio.ask<object[]>(
      `/api/projects/${project}/export?exportType=JSON&download_all_tasks=true`,
    );
    const file = join(folder, 'export.json');
    writeFileSync(file, JSON.stringify(exported));
    const coco = join(folder, 'coco.json');
    fgdet('data', 'convert', file, '--to', 'coco', '--output', coco);
    const { annotations, categories } = JSON.parse(readFileSync(coco, 'utf8'));
    expect(annotations).toHaveLength(2);
    const names = new Map(
      categories.map(({ id, name }: { id: number; name: string }) => [id, name]),
    );
    for (const { category_id, bbox } of annotations) {
      const region = result.find(
        ({ value }) => String(value.rectanglelabels) === names.get(category_id),
      )!;
      const { x, y, width, height } = region.value;
      [x * 6.4, y * 4.8, width * 6.4, height * 4.8].forEach((side, i) => {
        expect(bbox[i]).toBeCloseTo(side, 2);
      });
    }
  });
});
