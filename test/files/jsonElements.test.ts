import fc from 'fast-check';
import { JsonElements } from '../../src/files/jsonElements.js';

/** What is taken of a text that comes in pieces of some bytes. */
function taken(text: string, fields: string[] | undefined, size: number) {
  const found: Record<string, unknown[]> = {};
  const elements = new JsonElements('file.json', fields, (field, index, value) => {
    found[field] ??= [];
    expect(found[field].push(value)).toBe(index + 1);
  });
  const bytes = Buffer.from(text);
  const piece = Buffer.alloc(size);
  for (let start = 0; start < bytes.length; start += size) {
    // A reader uses its memory again.
    const length = bytes.copy(piece, 0, start, start + size);
    elements.write(piece.subarray(0, length));
  }
  elements.end();
  return found;
}

const text = fc.tuple(fc.boolean(), fc.jsonValue()).map(([wide, value]) => ({
  value,
  write: (whole: unknown) => JSON.stringify(whole, null, wide ? 2 : 0),
}));

test('any list gives what JSON.parse gives, however it is cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.jsonValue()),
      text,
      fc.integer({ min: 1, max: 40 }),
      (list, { write }, size) => {
        const json = write(list);
        expect(taken(json, undefined, size)).toEqual(
          list.length > 0 ? { '': JSON.parse(json) } : {},
        );
      },
    ),
  );
});

test('lists of an object too, whatever stands between them', () => {
  fc.assert(
    fc.property(
      ...[fc.array(fc.jsonValue(), { minLength: 1 }), fc.array(fc.jsonValue(), { minLength: 1 })],
      ...[text, fc.integer({ min: 1, max: 40 })],
      (images, annotations, { value, write }, size) => {
        const json = write({
          info: value,
          images,
          'an "odd" key': [value],
          annotations,
          licenses: [],
        });
        const parsed = JSON.parse(json);
        expect(taken(json, ['images', 'annotations'], size)).toEqual({
          images: parsed.images,
          annotations: parsed.annotations,
        });
      },
    ),
  );
});

test.each<[string, string[] | undefined, RegExp]>([
  ['', undefined, /^file\.json is empty; it should hold a JSON array/],
  ['7', undefined, /is not a JSON array: it starts with "7"/],
  ['[1]', ['a'], /is not a JSON object: it starts with "\["/],
  ['[1, 2', undefined, /is cut off/],
  ['[1, 2}', undefined, /is not valid JSON/],
  ['[1, 2]]', undefined, /is not valid JSON/],
  ['[1,, 2]', undefined, /not valid JSON: element 1/],
  ['[1, 2,]', undefined, /not valid JSON: element 2/],
  ['[1, "a", Infinity]', undefined, /element 2: Infinity is no JSON number/],
  ['{"a": [1, {"b": ]}]}', ['a'], /not valid JSON: a\[1\]: /],
  ['{"a": [1], "b" 2}', ['a'], /is not valid JSON/],
  ['{"a": {"b": 2}}', ['a'], /file\.json: a is not a list/],
  ['{"a": [1], "a": [2]}', ['a'], /has two lists of a/],
])('%s is told', (json, fields, message) => {
  for (const size of [1, 3, 100]) expect(() => taken(json, fields, size)).toThrow(message);
});

test('bytes that are no text are told', () => {
  const elements = new JsonElements('file.json', undefined, () => {});
  expect(() => elements.write(Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d]))).toThrow(
    /element 0 or one after it is not UTF-8/,
  );
});
