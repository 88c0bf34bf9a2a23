import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { ParquetRows, ParquetThread } from '../../../datasets/records/parquetShard.js';
import {
  openRecordTable,
  type RawRecord,
  RecordReader,
  recordCount,
} from '../../../datasets/records/recordTable.js';
import { IndexReader, indexShard } from '../../../datasets/records/shardIndex.js';
import { UserError } from '../../../src/errors.js';
import { writeParquet, writeTar } from './writeShards.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-records-'));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(text: string, name = 'records.json') {
  const records = join(folder, name);
  writeFileSync(records, text);
  return records;
}

const tableOf = (text: string, name?: string) => openRecordTable([{ records: fileOf(text, name) }]);

async function readAll(...sources: string[]): Promise<RawRecord[]> {
  const table = await openRecordTable(sources.map((records) => ({ records })));
  const reader = new RecordReader(table);
  const records: RawRecord[] = [];
  for (let i = 0; i < recordCount(table); i++) records.push(await reader.read(i));
  reader.close();
  return records;
}

const valuesOf = async (...sources: string[]) =>
  (await readAll(...sources)).map(({ value }) => value);

describe('JSON files', () => {
  const anyElement = fc.oneof(fc.object(), fc.string(), fc.array(fc.jsonValue()));

  test('the elements of any array are found', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyElement, { minLength: 1 }), fc.nat(3), async (values, space) => {
        const file = fileOf(`\ufeff ${JSON.stringify(values, null, space)}\n`);
        expect(JSON.stringify(await valuesOf(file))).toBe(JSON.stringify(values));
      }),
      { numRuns: 50 },
    );
  });

  test('the lines of any file are found, whatever ends them', async () => {
    const ends = fc.constantFrom('\n', '\r\n', '\n\n', '\n \n');
    await fc.assert(
      fc.asyncProperty(fc.array(anyElement, { minLength: 1 }), ends, async (values, end) => {
        const lines = values.map((value) => JSON.stringify(value));
        const text = lines.join(end);
        for (const whole of [text, text + end]) {
          const found = await valuesOf(fileOf(whole, 'records.jsonl'));
          expect(JSON.stringify(found)).toBe(JSON.stringify(values));
        }
      }),
      { numRuns: 50 },
    );
  });

  test('the records of all files of a folder are numbered, in the order of their names', async () => {
    const parts = mkdtempSync(join(folder, 'parts-'));
    writeFileSync(join(parts, 'b.json'), '[3]');
    writeFileSync(join(parts, 'a.json'), '[1, 2]');
    writeFileSync(join(parts, 'empty.json'), '[]');
    writeFileSync(join(parts, '00_stats.json'), '{"count": 3}');
    expect(await valuesOf(parts)).toEqual([1, 2, 3]);
    expect(await valuesOf(join(parts, '[ab].json'))).toEqual([1, 2, 3]);
    expect((await readAll(parts))[2].where).toBe(`${join(parts, 'b.json')}, record 0`);
  });

  test.each<[string, () => Promise<unknown>, RegExp]>([
    ['cut off', () => tableOf('[{"a": 1}, {"b"'), /is cut off.*1 whole records/],
    ['no array', () => tableOf('{"a": 1}'), /is not a JSON array of records/],
    ['two arrays', () => tableOf('[1] [2]'), /is not a JSON array/],
    ['empty', () => tableOf(''), /is empty/],
    ['no records', () => tableOf('[]'), /no records/],
    ['missing', () => openRecordTable([{ records: 'nowhere' }]), /nowhere/],
    ['no fitting file', () => openRecordTable([{ records: 'nowhere/*.tar' }]), /No file fits/],
    ['another kind', () => tableOf('a,b', 'records.csv'), /ends in "\.csv"/],
    ['not a tar file', () => tableOf('a'.repeat(2000), 'text.tar'), /not a tar file/],
    ['not parquet', () => tableOf('a'.repeat(2000), 'text.parquet'), /not a parquet file/],
  ])('what is wrong with a file is said: %s', async (_, open, message) => {
    await expect(open()).rejects.toThrow(message);
  });

  test('a malformed record is named when it is read', async () => {
    const reader = new RecordReader(await tableOf('[{"a": 1}, {"a" 1}]'));
    expect((await reader.read(0)).value).toEqual({ a: 1 });
    await expect(reader.read(1)).rejects.toThrow(/records\.json, record 1 is not valid JSON: /);
    reader.close();
  });
});

describe('webdataset shards', () => {
  const sample = (i: number, long = false) => {
    const key = `${long ? 'a-folder-with-a-long-name/'.repeat(12) : ''}${i}`;
    return [
      { name: `${key}.jpg`, content: Buffer.from(`picture ${i} ${'.'.repeat(i * 300)}`) },
      { name: `${key}.txt`, content: Buffer.from(`caption ${i}\n`) },
      { name: `${key}.json`, content: Buffer.from(JSON.stringify({ number: i })) },
    ];
  };

  test('pictures and what is said of them are read from anywhere', async () => {
    const shards = join(folder, 'shards');
    mkdirSync(shards);
    await writeTar(
      join(shards, '0.tar'),
      [0, 1, 2].flatMap((i) => sample(i)),
    );
    await writeTar(join(shards, '1.tar'), sample(3, true));
    // What img2dataset puts beside its shards.
    writeFileSync(join(shards, '0_stats.json'), '{}');
    await writeParquet(join(shards, '0.parquet'), [{ key: '0' }]);
    const records = await readAll(shards);
    expect(records.map(({ value }) => value)).toEqual(
      [0, 1, 2, 3].map((number) => ({ text: `caption ${number}`, number })),
    );
    records.forEach(({ picture }, i) => {
      expect(Buffer.from(picture!).toString()).toMatch(
        new RegExp(`^picture ${i} \\.{${300 * i}}$`),
      );
    });
  });

  test('what is missing is named, and a shard that is cut off is used up to there', async () => {
    const [picture, text] = sample(1);
    const file = join(folder, 'some.tar');
    await writeTar(file, [text, { name: 'folder/2.tar', content: Buffer.from('x') }, picture]);
    const table = await openRecordTable([{ records: file }]);
    expect(recordCount(table)).toBe(2);
    await expect(new RecordReader(table).read(0)).rejects.toThrow(/some\.tar, record 0 has no pic/);

    const cut = join(folder, 'cut.tar');
    await writeTar(
      cut,
      [0, 1].flatMap((i) => sample(i)),
    );
    // Two blocks of zeros end an archive.
    truncateSync(cut, statSync(cut).size - 1024 - 600);
    const { problems } = await openRecordTable([{ records: cut }]);
    expect(problems).toEqual([expect.stringMatching(/cut\.tar is cut off after 1 whole samples/)]);
    expect(await valuesOf(cut)).toHaveLength(1);
  });

  test.each([
    ['a size below zero', '-1000', '0', /damaged at byte 0: the tar header has no size/],
    ['a name of 8 MiB', '40000000', 'L', /damaged at byte 0: a name of 8388608 bytes/],
  ])('%s is an error', async (_, size, type, message) => {
    const file = join(folder, 'header.tar');
    const picture = { name: '0.jpg', content: Buffer.alloc(2 ** 23 + 512) };
    await writeTar(file, [picture]);
    const bytes = readFileSync(file);
    bytes.write(size.padEnd(12, '\0'), 124);
    bytes.fill(' ', 148, 156);
    bytes.write(type, 156);
    const sum = bytes.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    writeFileSync(file, bytes);
    await expect(openRecordTable([{ records: file }])).rejects.toThrow(message);
  });
});

describe('parquet shards', () => {
  test('rows of all groups are read, with bytes as bytes', async () => {
    const rows = Array.from({ length: 25 }, (_, i) => ({
      caption: `caption ${i} ä`,
      jpg: Uint8Array.of(0xff, 0xd8, i),
    }));
    const file = join(folder, 'rows.parquet');
    await writeParquet(file, rows, 10);
    const records = await readAll(file);
    expect(records).toHaveLength(25);
    for (const i of [24, 0, 13, 9, 10]) {
      const value = records[i].value as (typeof rows)[0];
      expect(value.caption).toBe(rows[i].caption);
      expect([...value.jpg]).toEqual([...rows[i].jpg]);
    }
  });

  test('a column that is not in the schema is an error, and nothing else', async () => {
    const file = join(folder, 'renamed.parquet');
    await writeParquet(file, [{ caption: 'a', other: 'b', jpg: Uint8Array.of(1) }]);
    const bytes = readFileSync(file);
    // The name comes in the schema, and then where the column is.
    bytes.write('wrong', bytes.lastIndexOf('other'));
    // Of a column before it, so that reading it fails as well.
    bytes.fill(255, 4, 40);
    writeFileSync(file, bytes);
    const parquet = new ParquetRows(file);
    await expect(parquet.read(0)).rejects.toThrow(UserError);
    await expect(parquet.read(0)).rejects.toThrow(file);
  });

  test.each([
    ['is an error', false],
    ['is told of the file that it is in, though another column fails first', true],
  ])('a page on which the library never comes to an end %s', async (_, fails) => {
    const rows = Array.from({ length: 40 }, (_, i) => ({ first: `${i}`, caption: `${i % 2}` }));
    const [file, good] = [join(folder, 'endless.parquet'), join(folder, 'good.parquet')];
    await writeParquet(good, rows);
    const bytes = readFileSync(good);
    // Places in a dictionary: their width in bits, how many there are, and they themselves. Of a negative number of
    // places of no bits, none is the last.
    Buffer.of(0, 0xff, 0xff, 0xff, 0xff, 0x0f).copy(bytes, bytes.indexOf(Buffer.of(1, 11, 0xaa)));
    if (fails) bytes.fill(255, 4, 40);
    writeFileSync(file, bytes);
    const thread = new ParquetThread(1000);
    const parquet = new ParquetRows(file, thread);
    await expect(parquet.read(0)).rejects.toThrow(
      /endless\.parquet is damaged \(it took more than 1 s\)/,
    );
    const started = performance.now();
    await expect(parquet.read(1)).rejects.toThrow(UserError);
    expect(performance.now() - started).toBeLessThan(500);
    expect(await new ParquetRows(good, thread).read(3)).toEqual({ first: '3', caption: '1' });
  });
});

describe('the index of a large file', () => {
  test('is kept, and made anew when the file changes', () => {
    const cache = mkdtempSync(join(folder, 'cache-'));
    const before = process.env.XDG_CACHE_HOME;
    process.env.XDG_CACHE_HOME = cache;
    try {
      const file = fileOf(' '.repeat(2 ** 26), 'large.jsonl');
      let scans = 0;
      const index = () =>
        indexShard(file, 2, (add) => {
          scans++;
          for (let i = 0; i < 100_000; i++) add([i, 2 * i + scans]);
          return undefined;
        });
      index();
      const again = index();
      expect([scans, again.count, typeof again.numbers]).toEqual([1, 100_000, 'string']);
      const reader = new IndexReader(again);
      expect([...reader.numbersOf(99_999)]).toEqual([99_999, 199_999]);
      reader.close();
      appendFileSync(file, ' ');
      index();
      expect(scans).toBe(2);
      expect(() =>
        indexShard(fileOf(' '.repeat(2 ** 26), 'broken.jsonl'), 2, () => {
          throw new Error('broken');
        }),
      ).toThrow('broken');
      expect(readdirSync(join(cache, 'fgdet', 'indexes'))).toHaveLength(2);
    } finally {
      if (before === undefined) delete process.env.XDG_CACHE_HOME;
      else process.env.XDG_CACHE_HOME = before;
    }
  });
});
