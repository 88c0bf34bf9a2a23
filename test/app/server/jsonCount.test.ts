import { JsonCount } from '../../../app/server/jsonCount.js';

const limits = { jsonValues: 20, jsonFields: 3, jsonDepth: 4 };

/** What is wrong with a text, however it is cut into pieces; '' where nothing is. */
function wrongWith(text: string): string {
  const bytes = Buffer.from(text);
  const told = [1, 2, 7, bytes.length].map((length) => {
    const count = new JsonCount(limits);
    try {
      for (let at = 0; at < bytes.length; at += length) count.add(bytes.subarray(at, at + length));
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  });
  expect(new Set(told).size).toBe(1);
  return told[0];
}

describe('what a JSON text consists of', () => {
  test.each([
    ['an object', '{"a":1,"b":[2,3],"c":{"d":4}}'],
    ['marks within strings', JSON.stringify({ a: '{[,'.repeat(50), b: '\\"{'.repeat(50) })],
    ['a backslash at the end of a string', '["\\\\","\\"",[[1]]]'],
    ['many short objects', `[${'{"a":1},'.repeat(8)}{}]`],
    ['nothing of JSON', '}}]],,,'],
  ])('%s is let through', (_, text) => {
    expect(wrongWith(text)).toBe('');
  });

  test.each([
    ['many values', `[${'1,'.repeat(30)}1]`, 'more than 20 values'],
    ['many empty lists', `[${'[],'.repeat(30)}[]]`, 'more than 20 values'],
    ['many fields', '{"a":1,"b":2,"c":3,"d":4}', 'more than 3 fields'],
    ['many fields further in', '[{"a":1,"b":[1,2],"c":{},"d":4,"e":5}]', 'more than 3 fields'],
    ['deep lists', '[[[[[1]]]]]', 'more than 4 deep'],
    ['deep objects', '{"a":{"a":{"a":{"a":{"a":1}}}}}', 'more than 4 deep'],
  ])('%s are not', (_, text, reason) => {
    expect(wrongWith(text)).toContain(reason);
  });
});
