import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { globSync } from 'tinyglobby';
import { ClientFolder, expectObjects, type Found, objects } from './objects.js';
import { describeWith } from './programs.js';
import { freePort, StartedProcess } from './startedProcess.js';

describeWith('fiftyone', (bin) => {
  let folder: ClientFolder;
  let database: StartedProcess;
  let port: number;
  const python = (command: string) =>
    folder.python(bin, 'fiftyone.py', command, {
      FIFTYONE_DATABASE_URI: `mongodb://127.0.0.1:${port}`,
      FIFTYONE_DATABASE_VALIDATION: 'false',
      FIFTYONE_DATABASE_DIR: folder.at('database'),
      FIFTYONE_CONFIG_PATH: folder.at('config.json'),
      FIFTYONE_DO_NOT_TRACK: 'true',
    });

  beforeAll(async () => {
    folder = new ClientFolder();
    await folder.fill();
    mkdirSync(folder.at('database'));
    const log = folder.at('mongod.log');
    const [mongod] = globSync('lib/python*/site-packages/fiftyone/db/bin/mongod', {
      cwd: join(bin, '..'),
      absolute: true,
    });
    port = await freePort();
    database = new StartedProcess(mongod, [
      ...['--dbpath', folder.at('database'), '--port', String(port)],
      ...['--bind_ip', '127.0.0.1', '--nounixsocket'],
      // Not to a pipe, which nobody empties while a program is waited for.
      ...['--logpath', log],
    ]);
    const isReady = () =>
      existsSync(log) && readFileSync(log, 'utf8').includes('Waiting for connections');
    await database.until(isReady, 60_000);
  });
  afterAll(async () => {
    await database.stop();
    folder.remove();
  });

  describe('what is written here, it reads', () => {
    let read: Record<string, Record<string, Found[]>>;

    beforeAll(() => {
      folder.write('fiftyone', 'fiftyone/labels.json');
      folder.write('coco', 'coco/labels.json');
      folder.write('yolo', 'yolo');
      folder.write('voc', 'voc');
      folder.write('cvat', 'cvat/annotations.xml');
      read = python('read');
    });

    test.each([
      ['FiftyOneImageDetectionDataset', 0.01, objects],
      ['COCODetectionDataset', 0.01, objects],
      ['YOLOv5Dataset', 0.01, objects],
      // It cuts corners of these to whole pixels.
      ['VOCDetectionDataset', 1, objects],
      // Of CVAT it holds polygons apart, and reads no masks.
      ['CVATImageDataset', 1, { ...objects, 'a.jpg': objects['a.jpg'].slice(0, 2) }],
    ])('%s', (type, within, expected) => {
      expectObjects(read[type], within, expected);
    });
  });

  describe('what it writes is read here', () => {
    beforeAll(() => {
      python('write');
    });

    test.each<[type: string, within: number, inside?: string]>([
      ['FiftyOneImageDetectionDataset', 0.01],
      ['COCODetectionDataset', 0.01],
      ['YOLOv4Dataset', 0.01, 'data'],
      ['YOLOv5Dataset', 0.01, 'val'],
      ['VOCDetectionDataset', 1],
      ['CVATImageDataset', 1],
    ])('%s', (type, within, inside = '') => {
      const read = Object.entries(folder.read(type));
      const found = read.map(([file, boxes]) => [posix.relative(inside, file), boxes] as const);
      expectObjects(Object.fromEntries(found), within);
    });
  });
});
