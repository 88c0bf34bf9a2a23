import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import type {
  Attributes,
  LabelCategory,
  LabelledBox,
  LabelledImage,
  LabelSet,
} from '../../../datasets/labels/labelSet.js';
import type { Xyxy } from '../../../src/geometry/boxes.js';

/** Names that one format or another could take for something else. */
const awkward = [
  ...[
    'yes',
    '1',
    '007',
    '1.0',
    'null',
    '~',
    'true',
    '1:30',
    '- a',
    '# b',
    '{c}',
    'a: b',
    '*d',
    '!e',
  ],
  ...['"quoted"', "it's", '<&>', '&amp;', ']]>', 'a,b', ' leading', 'trailing ', '  ', 'tab\there'],
  ...[
    'naïve',
    '犬',
    '🐕',
    'e\u0301',
    'two\nlines',
    'non\u00a0breaking',
    '\u2028',
    '__proto__',
    'constructor',
  ],
];

const letters = fc.string({
  unit: fc.constantFrom(...'aB1 ._-&<>"\',é犬🐕%#?+'),
  minLength: 1,
  maxLength: 8,
});
const name = fc.oneof(fc.constantFrom(...awkward), letters);
const part = letters.filter((text) => !['.', '..'].includes(text) && !text.startsWith('._'));
const extension = fc.constantFrom('jpg', 'png', 'JPG', 'webp');
const folders = fc.array(fc.oneof(part, fc.constantFrom('images', 'labels', 'nested')), {
  maxLength: 3,
});

const file = fc
  .tuple(folders, part, extension)
  .map(([inside, stem, end]) => [...inside, `${stem}.${end}`].join('/'));

const score = fc.oneof(
  fc.constantFrom(0, 1, 0.5),
  fc.double({ min: 0, max: 1, noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
);
const attributeName = fc
  .oneof(fc.constantFrom('pose', 'truncated', 'colour', 'my attribute'), letters)
  .filter((key) => key !== 'score' && key !== 'description');
const number = fc
  .oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }))
  .map((value) => value + 0);
const attributes: fc.Arbitrary<Attributes> = fc.dictionary(
  attributeName,
  fc.oneof(name, number, fc.boolean()),
  { maxKeys: 3, noNullPrototype: true },
);

const { abs } = Math;

function boxIn(
  width: number,
  height: number,
  labels: readonly string[],
): fc.Arbitrary<LabelledBox> {
  // Doubles are mostly close to 0, and boxes of them have no area.
  const share = fc.integer({ min: 0, max: 2 ** 30 }).map((part) => part / 2 ** 30);
  return (
    fc
      .record(
        {
          label: fc.constantFrom(...labels),
          sides: fc.tuple(share, share, share, share),
          score,
          attributes,
          isTriangle: fc.boolean(),
        },
        { requiredKeys: ['label', 'sides'] },
      )
      // Smaller ones have no area once their sides are written with the decimals that formats have.
      .filter(({ sides: [a, b, c, d] }) => abs(a - b) * width > 0.05 && abs(c - d) * height > 0.05)
      .map(({ label, sides: [a, b, c, d], ...others }) => {
        const box: Xyxy = [
          Math.min(a, b) * width,
          Math.min(c, d) * height,
          Math.max(a, b) * width,
          Math.max(c, d) * height,
        ];
        const { attributes: all, isTriangle, ...rest } = others;
        const [x1, y1, x2, y2] = box;
        const parts = [[[x1, y1] as const, [x2, y1] as const, [x2, y2] as const]];
        const some = all && Object.keys(all).length > 0;
        return {
          ...{ label, box, ...rest },
          ...(isTriangle && { outline: { kind: 'polygon', parts } }),
          ...(some && { attributes: all }),
        };
      })
  );
}

const side = fc.integer({ min: 1, max: 9000 });

function imageOf(path: string, labels: readonly string[]): fc.Arbitrary<LabelledImage> {
  return fc.tuple(side, side).chain(([width, height]) =>
    fc
      .array(labels.length > 0 ? boxIn(width, height, labels) : fc.constant(undefined as never), {
        maxLength: labels.length > 0 ? 4 : 0,
      })
      .map((boxes) => ({ file: path, width, height, boxes })),
  );
}

/** Names of pictures, two of which never have the same place in a folder. */
const files = fc
  .uniqueArray(file, { maxLength: 5, selector: (path) => path.toLowerCase() })
  .filter((paths) => {
    const isFolder = (path: string) => paths.some((other) => other.startsWith(`${path}/`));
    return !paths.some((path) => isFolder(path) || isFolder(path.replace(/\.[^./]*$/, '')));
  });

/** A set of labels, some of whose names and paths are awkward. */
export const labelSets: fc.Arbitrary<LabelSet & { images: LabelledImage[] }> = fc
  .tuple(fc.uniqueArray(name, { maxLength: 5 }), files)
  .chain(([names, paths]) =>
    fc.tuple(...paths.map((path) => imageOf(path, names))).map((images) => ({
      categories: names.map((each): LabelCategory => ({ name: each })),
      images,
    })),
  );

/** Makes a picture of each image's size. */
export function drawPictures(images: readonly LabelledImage[], folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const { file: path, width, height } of images) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"/>`;
    writeFileSync(join(folder, path), svg);
  }
}

/** The content of every file of a folder, or of a file. */
export function contentOf(path: string): Record<string, string> {
  if (!statSync(path).isDirectory()) return { '': readFileSync(path, 'utf8') };
  const entries = readdirSync(path, { recursive: true, withFileTypes: true });
  const found = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    found.sort().map((each) => [each.slice(path.length), readFileSync(each, 'utf8')]),
  );
}
