import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readLabelDefinitions } from '../../app/prelabel/labelDefinitions.js';
import { readJsonArray } from '../../datasets/jsonArray.js';
import { labelFormat } from '../../datasets/labels/formats.js';
import { scanJsonLines } from '../../datasets/records/jsonLinesShard.js';
import { UserError } from '../../src/errors.js';
import { readJsonEntries } from '../../src/files/jsonEntries.js';
import { readJson } from '../../src/files/jsonFile.js';
import { decodeText, readText, readTextSync } from '../../src/files/textFile.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-texts-'));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(name: string, content: Uint8Array): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

const utf16 = (text: string) => Buffer.from(text, 'utf16le');
const bigEndian = (text: string) => Buffer.from(utf16(text)).swap16();
const xml = (encoding: string, inside: string) =>
  Buffer.from(`<?xml version="1.0" encoding="${encoding}"?><a>${inside}</a>`, 'latin1');

test.each<[string, Uint8Array, string]>([
  ['UTF-8', Buffer.from('[é]'), '[é]'],
  ['UTF-8 with a mark', Buffer.from('\ufeff[é]'), '[é]'],
  ['UTF-16 with a mark', utf16('\ufeff[é]'), '[é]'],
  ['UTF-16, big endian, with a mark', bigEndian('\ufeff[é]'), '[é]'],
  ['UTF-16 without a mark', utf16('[é]'), '[é]'],
  ['UTF-16, big endian, without a mark', bigEndian('[é]'), '[é]'],
  ['nothing', Buffer.alloc(0), ''],
])('a text in %s', (_name, bytes, text) => {
  expect(decodeText(bytes, 'a.txt')).toBe(text);
});

test.each<[string, string, string]>([
  ['ISO-8859-1', '\xe9', 'é'],
  ['windows-1251', '\xea\xee\xf2', 'кот'],
  ['gb2312', '\xc3\xa8', '猫'],
  ['Shift_JIS', '\x94\x4c', '猫'],
  // As programs write that hold texts in UTF-16.
  ['utf-16', '\xc3\xa9', 'é'],
])('XML that declares %s', (encoding, bytes, text) => {
  expect(decodeText(xml(encoding, bytes), 'a.xml')).toMatch(new RegExp(`<a>${text}</a>`));
});

test.each<[string, Uint8Array, RegExp]>([
  ['bytes that are none', Buffer.from([0x22, 0xe9, 0x22]), /a\.x is not a text in UTF-8/],
  ['half a character', Buffer.from([0xff, 0xfe, 0x41]), /a\.x is not a text in UTF-16LE/],
  ['UTF-32', Buffer.from([0xff, 0xfe, 0, 0, 0x41, 0, 0, 0]), /a text in UTF-32LE, which cannot/],
  ['an encoding that nobody knows', xml('x-klingon', ''), /a text in x-klingon, which cannot/],
  ['bytes that the declared encoding lacks', xml('euc-kr', '\xff'), /not a text in euc-kr/],
])('%s are refused by name', (_name, bytes, message) => {
  expect(() => decodeText(bytes, 'a.x')).toThrow(message);
  expect(() => decodeText(bytes, 'a.x')).toThrow(UserError);
});

test('files are read alike, whole or piece by piece', async () => {
  const list = fileOf('list.json', utf16('\ufeff[{"name": "é"}]'));
  expect(readJson(list)).toEqual([{ name: 'é' }]);
  expect(readTextSync(list)).toBe(await readText(list));
  const found: unknown[] = [];
  for await (const values of readJsonArray(list)) found.push(...values);
  expect(found.splice(0)).toEqual([{ name: 'é' }]);
  // Longer than the pieces in which files are read, which cut characters.
  const names = Array.from({ length: 1000 }, (_, i) => `é${i}`.repeat(200));
  const object = fileOf('object.json', bigEndian(`\ufeff ${JSON.stringify({ names })}`));
  readJsonEntries(object, ['names'], (_, __, value) => found.push(value));
  expect(found).toEqual(names);
});

test('labels to look for are read alike', () => {
  const names = (file: string) => readLabelDefinitions(file).labels.map(({ name }) => name);
  expect(names(fileOf('a.txt', utf16('\ufeffcafé\ncat\n')))).toEqual(['café', 'cat']);
  expect(names(fileOf('a.yaml', utf16('\ufeffnames: [café]')))).toEqual(['café']);
  expect(names(fileOf('a.json', utf16('\ufeff["café"]')))).toEqual(['café']);
  expect(() => names(fileOf('b.txt', Buffer.from('caf\xe9', 'latin1')))).toThrow(/b\.txt.*UTF-8/);
});

test('labels of XML are read as it declares', async () => {
  const text = `<annotation><filename>a.jpg</filename><size><width>9</width><height>9</height></size>
    <object><name>\xc3\xa8</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox></object>
    </annotation>`;
  const declared = Buffer.from(`<?xml version='1.0' encoding='gb2312'?>${text}`, 'latin1');
  const { categories } = await labelFormat('voc').read(fileOf('a.xml', declared));
  expect(categories).toEqual([{ name: '猫' }]);
});

test('lines that are read by their places in the file must be in UTF-8', () => {
  const file = fileOf('a.jsonl', utf16('\ufeff{"a": 1}\n'));
  expect(() => scanJsonLines(file, () => {})).toThrow(/a\.jsonl is a text in UTF-16LE/);
});
