import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import {
  ClientFolder,
  categories,
  expectObjects,
  type Found,
  type Objects,
  objects,
  stem,
} from './objects.js';
import { describeWith } from './programs.js';

describeWith('label-files', (bin) => {
  let folder: ClientFolder;
  const at = (...parts: string[]) => folder.at(...parts);

  beforeAll(async () => {
    folder = new ClientFolder();
    await folder.fill();
  });
  afterAll(() => folder.remove());

  describe('what is written here, they read', () => {
    let read: Record<string, Record<string, Found[]>>;

    beforeAll(() => {
      folder.write('cvat', 'cvat/annotations.xml');
      cpSync(at('photos'), at('cvat/images'), { recursive: true });
      folder.write('voc', 'voc/Annotations');
      cpSync(at('photos'), at('voc/JPEGImages'), { recursive: true });
      mkdirSync(at('voc/ImageSets/Main'), { recursive: true });
      const names = Object.keys(objects).map(stem).join('\n');
      writeFileSync(at('voc/ImageSets/Main/all.txt'), `${names}\n`);
      const colours = ['background', ...categories].map((name) => `${name}:::\n`);
      writeFileSync(at('voc/labelmap.txt'), colours.join(''));
      folder.write('voc', 'voc1', '--voc-from-1');
      folder.write('labelme', 'labelme');
      folder.write('coco', 'coco/labels.json');
      read = folder.python(bin, 'labelFiles.py', 'read');
    });

    test.each(['datumaro, CVAT', 'datumaro, VOC', 'supervision, VOC', 'labelme', 'pycocotools'])(
      '%s',
      (program) => {
        // A program may hold numbers of 32 bits.
        expectObjects(read[program], 0.01);
      },
    );

    test('outlines are theirs too', () => {
      const kinds = (program: string) => read[program].a.map(([, , , , , kind]) => kind).sort();
      expect(kinds('datumaro, CVAT')).toEqual(['bbox', 'bbox', 'mask', 'polygon']);
      expect(kinds('labelme')).toEqual(['polygon', 'rectangle', 'rectangle', 'rectangle']);
      for (const program of ['datumaro, CVAT', 'pycocotools']) {
        expect(read[program].a.map((each) => each[6])).toContain(60 * 40);
      }
    });

    test('cvat-sdk: each value is valid as its attribute is declared', () => {
      expect(read.values).toEqual({
        'cat.score=0.9526': true,
        'traffic light.age=3': true,
        'traffic light.share=0.5': true,
      });
    });
  });

  describe('what they write is read here', () => {
    beforeAll(() => {
      folder.python(bin, 'labelFiles.py', 'write');
    });

    const flat = { 'a.jpg': objects['a.jpg'] };
    test.each<[string, number, Objects, string[]]>([
      ['datumaro-coco', 0.01, objects, []],
      ['datumaro-voc', 0.01, objects, []],
      ['datumaro-cvat', 0.01, objects, []],
      ['supervision-coco', 0.01, flat, []],
      // It rounds to whole pixels.
      ['supervision-voc', 0.5, flat, ['--voc-from-1', '--from-format', 'voc']],
      ['of-labelme', 0.01, objects, []],
    ])('%s', (source, within, expected, options) => {
      const images = source === 'of-labelme' ? ['--images', at('photos')] : [];
      expectObjects(folder.read(source, ...options, ...images), within, expected);
    });
  });
});
