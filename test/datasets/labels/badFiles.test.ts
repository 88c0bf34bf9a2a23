import { join } from 'node:path';
import {
  guessFormat,
  type LabelFormatName,
  labelFormat,
} from '../../../datasets/labels/formats.js';
import { parseXml, xmlText } from '../../../datasets/labels/xml.js';
import { UserError } from '../../../src/errors.js';
import { drawPictures } from './arbitraryLabels.js';
import * as samples from './samples.js';
import { filesOf, folder } from './writtenFiles.js';

async function refusal(reading: Promise<unknown>): Promise<string> {
  const error: unknown = await reading.then(
    () => 'it was read',
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  return (error as Error).message;
}

const { coco, cvat, fiftyone, labelme, labelStudio, voc } = samples;
const yaml = 'train: images\nnames: [a, b]\n';
const [shape] = labelme.shapes;
const task = labelStudio[0];
const [answer] = task.annotations!;
const [region] = answer.result;

const bad: [string, LabelFormatName, string, unknown, RegExp][] = [
  [
    'COCO without categories',
    'coco',
    'a.json',
    { ...coco, categories: undefined },
    /a\.json.*categories: is missing/,
  ],
  [
    'a COCO box of three numbers',
    'coco',
    'a.json',
    { ...coco, annotations: [{ ...coco.annotations[0], bbox: [1, 2, 3] }] },
    /a\.json: annotations\[0\].*bbox/,
  ],
  [
    'an annotation of an unknown picture',
    'coco',
    'a.json',
    { ...coco, images: [] },
    /annotations\[0\] refers to image 17/,
  ],
  ['a cut off file', 'coco', 'a.json', JSON.stringify(coco).slice(0, 300), /a\.json is cut off/],
  [
    'labelme without a size',
    'labelme',
    'a.json',
    { ...labelme, imageWidth: undefined },
    /a\.json does not say how large 2011_000003\.jpg is.*--images/,
  ],
  [
    'a labelme point of one number',
    'labelme',
    'a.json',
    { ...labelme, shapes: [{ ...shape, points: [[1], [2, 3]] }] },
    /shapes\[0\]\.points\[0\]/,
  ],
  ['labelme that is cut off', 'labelme', 'a.json', '{"shapes": [', /a\.json is not valid JSON/],
  [
    'a CVAT box without a side',
    'cvat',
    'a.xml',
    cvat.replace(' ytl="20.50"', ''),
    /a\.xml, line 55: ytl of <box> is missing/,
  ],
  [
    'a CVAT side that is no number',
    'cvat',
    'a.xml',
    cvat.replace('"20.50"', '"2O"'),
    /a\.xml, line 55: ytl of <box> is no number: "2O"/,
  ],
  [
    'XML that does not end',
    'cvat',
    'a.xml',
    cvat.slice(0, -20),
    /a\.xml, line \d+: it is not valid XML/,
  ],
  [
    'CVAT of the videos of several tasks',
    'cvat',
    'a.xml',
    '<annotations><track task_id="1"/><track task_id="2"/></annotations>',
    /a\.xml has the tracks of several tasks/,
  ],
  [
    'a frame that is none',
    'cvat',
    'a.xml',
    '<annotations><track label="a">\n<box frame="1.5" xtl="0" ytl="0" xbr="1" ybr="1"/></track></annotations>',
    /a\.xml, line 2: frame must be a whole number, not 1\.5/,
  ],
  [
    'a video that never ends',
    'cvat',
    'a.xml',
    '<annotations><meta><task><size>9999999999</size></task></meta><track/></annotations>',
    /a\.xml has more than 1000000 frames/,
  ],
  [
    'a polygon of two points',
    'cvat',
    'a.xml',
    cvat.replace('1.00,2.00;3.00,4.00;5.00,6.00', '1.00,2.00;3.00,4.00'),
    /a\.xml, line 54: points of <polygon> must be three or more/,
  ],
  [
    'a mask whose runs do not fill it',
    'cvat',
    'a.xml',
    '<annotations><image name="a" width="9" height="9">\n<mask label="a" rle="1, 2" left="0" top="0" width="2" height="2"/></image></annotations>',
    /a\.xml, line 2: the runs of the mask do not fill its box/,
  ],
  ['VOC as CVAT', 'cvat', 'a.xml', voc, /a\.xml is not of CVAT: it holds <annotation>/],
  [
    'VOC without a size',
    'voc',
    'a.xml',
    voc.replace(/<size>.*<\/size>/s, ''),
    /a\.xml does not say how large 2007_000027\.jpg is.*--images/,
  ],
  [
    'a VOC side that is no number',
    'voc',
    'a.xml',
    voc.replace('349', ''),
    /a\.xml, line 23: xmax is no number: ""/,
  ],
  [
    'Label Studio without a picture',
    'label-studio',
    'a.json',
    [{ ...task, data: {} }],
    /a\.json: \[0\]\.data has no field that is the address of a picture/,
  ],
  [
    'a task that is none',
    'label-studio',
    'a.json',
    [task, 7],
    /a\.json: \[1\] is not a task of Label Studio/,
  ],
  [
    ...(['a region in pixels', 'label-studio', 'a.json'] as const),
    [{ ...task, annotations: [{ result: [{ ...region, value: { ...region.value, x: 1234 } }] }] }],
    /a\.json: \[0\]\.annotations: a region has a side at 1234 percent/,
  ],
  [
    'a task without a size',
    'label-studio',
    'a.json',
    [{ data: { image: 'a' }, predictions: [{ result: [] }] }],
    /\[0\] does not say how large.*--images/,
  ],
  [
    'FiftyOne in pixels',
    'fiftyone',
    'a.json',
    {
      ...fiftyone,
      labels: { a: [{ label: 0, bounding_box: [10, 20, 30, 40] }] },
      pictures: [{ key: 'a', file: 'a.jpg', width: 9, height: 9 }],
    },
    /labels\["a"\].*bounding_box\[0\]: must be a share/s,
  ],
  [
    'an unknown class of FiftyOne',
    'fiftyone',
    'a.json',
    {
      ...fiftyone,
      labels: { a: [{ label: 2, bounding_box: [0, 0, 1, 1] }] },
      pictures: [{ key: 'a', file: 'a.jpg', width: 9, height: 9 }],
    },
    /labels\["a"\]\[0\]\.label: 2 is no class/,
  ],
  ...['0x10', '1e999', 'Infinity', '1,5', ''].flatMap((side): typeof bad => [
    [
      `a side of VOC that is ${side || 'nothing'}`,
      'voc',
      'a.xml',
      voc.replace(/<xmin>[^<]*/, `<xmin>${side}`),
      /a\.xml, line \d+: xmin is no number/,
    ],
    [
      `a side of CVAT that is ${side || 'nothing'}`,
      'cvat',
      'a.xml',
      cvat.replace(/xtl="[^"]*"/, `xtl="${side}"`),
      /a\.xml, line \d+: xtl of <box> is no number/,
    ],
  ]),
  [
    'a corner of CVAT that is hexadecimal',
    'cvat',
    'a.xml',
    '<annotations><image name="a" width="9" height="9"><polygon label="a" points="0x1,2;3,4;5,6"/></image></annotations>',
    /points of <polygon> must be three or more/,
  ],
  [
    'half a character in COCO',
    'coco',
    'a.json',
    JSON.stringify({ ...coco, categories: [{ id: 1, name: 'a\ud83d' }] }),
    /a\.json is not valid JSON: categories\[0\]: name has half a character/,
  ],
  [
    'half a character in FiftyOne',
    'fiftyone',
    'a.json',
    { classes: ['\ude00'], labels: {} },
    /a\.json is not valid JSON: classes\[0\] has half a character/,
  ],
  [
    'half a character in Label Studio',
    'label-studio',
    'a.json',
    [task, { ...task, data: { image: 'a\ud83d.jpg' } }],
    /a\.json is not valid JSON: element 1: data\.image has half a character/,
  ],
  [
    'half a character in labelme',
    'labelme',
    'a.json',
    { ...labelme, shapes: [{ ...shape, label: '\ud83d' }] },
    /a\.json is not valid JSON: shapes\[0\]\.label has half a character/,
  ],
  [
    'half a character in CVAT',
    'cvat',
    'a.xml',
    '<annotations>\n<image name="&#xD83D;" width="1" height="1"/></annotations>',
    /a\.xml, line 2: there is no character "&#xD83D;"/,
  ],
  [
    'half a character in YOLO',
    'yolo',
    'data.yaml',
    'train: images\nnames: ["a", "\\ud83d"]\n',
    /data\.yaml is not valid YAML: a text has half a character at line 2/,
  ],
  [
    'FiftyOne without sizes',
    'fiftyone',
    'a.json',
    fiftyone,
    /does not say how large a\/one is.*--images/,
  ],
];

test.each(bad)('%s is refused', async (_name, format, file, content, message) => {
  const place = filesOf({ [file]: content });
  expect(await refusal(labelFormat(format).read(join(place, file)))).toMatch(message);
});

describe('a YOLO data set', () => {
  const read = async (contents: Record<string, unknown>) => {
    const place = filesOf(contents);
    drawPictures([{ file: 'a.jpg', width: 20, height: 10, boxes: [] }], join(place, 'images'));
    return refusal(labelFormat('yolo').read(place));
  };

  test.each<[string, string, RegExp]>([
    [
      'an unknown category',
      '0 .5 .5 1 1\n7 .5 .5 1 1',
      /labels\/a\.txt, line 2: "7" is no number of a category/,
    ],
    ['a name for a number', 'a .5 .5 1 1', /line 1: "a" is no number of a category/],
    ['three columns', '0 .5 .5', /line 1: has 3 columns; a box has 5/],
    ['a text', '0 .5 x 1 1', /line 1: "x" is no number/],
    ['NaN', '0 .5 NaN 1 1', /line 1: "NaN" is no number/],
    ['pixels', '0 250 100 20 20', /line 1: its numbers must be shares/],
    [
      'a sixth column that is nothing',
      '0 .5 .5 1 1 1.5',
      /line 1: the last column, "1\.5", is no score of 0\.\.1 and no track's number/,
    ],
  ])('%s is named', async (_name, rows, message) => {
    expect(await read({ 'data.yaml': yaml, 'labels/a.txt': rows })).toMatch(message);
  });

  test.each<[string, string, RegExp]>([
    ['no names', 'train: images', /data\.yaml: names is missing/],
    ['names that are no list', 'train: images\nnames: a', /data\.yaml: names must be a list/],
    ['names with a key that is none', 'names: {x: a}', /data\.yaml: names has "x"/],
    [
      'a folder that is not there',
      'train: nowhere\nnames: [a]',
      /data\.yaml: train names .*nowhere/,
    ],
    ['no YAML', 'names: [a\ntrain: "', /data\.yaml is not valid YAML: .*line \d/],
    ['a list', '- 1', /data\.yaml is no data\.yaml of YOLO/],
    [
      'aliases that grow',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefghij'].map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefghij'[i]}`)}]`).join('\n')}\nnames: *j`,
      /data\.yaml is not valid YAML/,
    ],
    ['the root folder', 'train: /\nnames: [a]', /^\/ cannot be a folder of pictures/],
  ])('%s in data.yaml is named', async (_name, text, message) => {
    expect(await read({ 'data.yaml': text })).toMatch(message);
  });

  test('a picture that is not there is named', async () => {
    const place = filesOf({
      'data.yaml': 'train: t.txt\nnames: [a]',
      't.txt': './images/x.jpg',
      'labels/x.txt': '',
    });
    expect(await refusal(labelFormat('yolo').read(place))).toMatch(
      /t\.txt, line 1 names \.\/images\/x\.jpg, which does not exist.*--images/,
    );
  });
});

describe('hostile files', () => {
  const entities = [...'bcdefghi'].map(
    (c, i) => `<!ENTITY ${c} "${`&${'abcdefghi'[i]};`.repeat(10)}">`,
  );
  const laughs = `<!DOCTYPE a [<!ENTITY a "ha">${entities.join('')}]><annotations><image name="&i;"/></annotations>`;

  test.each<[string, string, RegExp]>([
    ['entities that grow', laughs, /line 1: <!DOCTYPE is not read/],
    [
      'files of the system',
      '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><annotations/>',
      /DOCTYPE is not read/,
    ],
    [
      'unknown entities',
      '<annotations>\n<image name="&x;" width="1" height="1"/></annotations>',
      /line 2: there is no character "&x;"/,
    ],
    [
      'characters that are none',
      '<annotations><image name="&#x110000;"/></annotations>',
      /there is no character "&#x110000;"/,
    ],
    [
      'depth',
      '<a>'.repeat(100_000) + '</a>'.repeat(100_000),
      /no XML that can be read: Maximum nested tags exceeded/,
    ],
    ['two roots', '<annotations/><annotations/>', /no single element/],
    ['prototypes', '<annotations><__proto__/></annotations>', /no XML that can be read/],
    ['nothing', '', /not valid XML/],
  ])('XML with %s is refused', async (_name, text, message) => {
    const file = join(filesOf({ 'a.xml': text }), 'a.xml');
    expect(await refusal(labelFormat('cvat').read(file))).toMatch(message);
  });

  test('many references to characters are none of these', () => {
    const text = `<a>${'&amp;&#38;&#x26;'.repeat(20_000)}</a>`;
    expect(parseXml(text, 'a.xml').children).toEqual(['&'.repeat(60_000)]);
  });

  test('what XML cannot hold is named, not left out', () => {
    const element = { name: 'a', attributes: {}, children: ['x\u0001y'] };
    expect(() => xmlText(element)).toThrow(/XML cannot hold the character U\+0001 of "x\\u0001y"/);
  });

  test('JSON that is very deep, or names prototypes', async () => {
    const deep = join(filesOf({ 'a.json': `[${'['.repeat(200_000)}` }), 'a.json');
    expect(await refusal(labelFormat('label-studio').read(deep))).toMatch(/a\.json/);
    const proto = '{"classes": ["a"], "labels": {"__proto__": []}, "__proto__": {"x": 1}}';
    const file = join(filesOf({ 'b.json': proto }), 'b.json');
    await labelFormat('fiftyone')
      .read(file)
      .catch((error) => expect(error).toBeInstanceOf(UserError));
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  test('paths that leave the folder have no file', () => {
    for (const file of ['../a.jpg', '/etc/a.jpg', 'a/../../b.jpg', '']) {
      const image = { file, width: 1, height: 1, boxes: [] };
      for (const name of ['yolo', 'voc', 'labelme']) {
        expect(() => labelFormat(name).fileOf!(image, { categories: [] })).toThrow(UserError);
      }
    }
  });
});

test.each<[string, unknown]>([
  ['other JSON', { a: 1 }],
  ['a list of COCO results', [{ image_id: 1, category_id: 1, bbox: [1, 2, 3, 4], score: 1 }]],
  ['other XML', '<html/>'],
  ['text', 'hello'],
])('%s is no format that is known', async (_name, content) => {
  const file = join(filesOf({ 'a.x': content }), 'a.x');
  expect(await refusal(guessFormat(file))).toMatch(/a\.x/);
});

const oldLabelme =
  '<annotation><filename>a.jpg</filename><object><name>cat</name><polygon><pt><x>1</x></pt></polygon></object></annotation>';
test.each<[string, RegExp, string, unknown]>([
  [
    'datumaro',
    /datumaro's own JSON/,
    'annotations/x.json',
    { dm_format_version: '1.0', items: [] },
  ],
  [
    'datumaro without a version',
    /datumaro's own JSON/,
    'annotations/default.json',
    { info: {}, categories: { label: { labels: [{ name: 'cat' }] } }, items: [{ id: 'a' }] },
  ],
  [
    'datumaro without categories',
    /datumaro's own JSON/,
    'annotations/default.json',
    { info: {}, categories: {}, items: [] },
  ],
  ['fiftyone', /FiftyOneDataset/, 'samples.json', { samples: [{ filepath: 'data/a.jpg' }] }],
  ['kitti', /KITTIDetectionDataset/, 'label_2/a.txt', `Car 0.00 0 -1.57${' 1.5'.repeat(11)}\n`],
  ['labelme', /"label_me"/, 'a.xml', oldLabelme],
])(
  'a format that is not read here is named, with the way to one: %s',
  async (_, way, name, content) => {
    const folder = filesOf({ [name]: content });
    expect(await refusal(guessFormat(join(folder, name)))).toMatch(way);
    const message = await refusal(guessFormat(folder));
    expect(message).toContain(name);
    expect(message).toMatch(way);
  },
);

test('what is not there is named', async () => {
  expect(await refusal(guessFormat(join(folder, 'none')))).toMatch(/none: there is no such file/);
  expect(() => labelFormat('kitti')).toThrow(/no label format "kitti"; there are coco, yolo/);
});
