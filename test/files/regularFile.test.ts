import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileRefused, readWhole, readWholeSync } from '../../src/files/regularFile.js';

let folder: string;
const at = (name: string) => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fgdet-regular-'));
  writeFileSync(at('ten'), '0123456789');
  writeFileSync(at('none'), '');
  writeFileSync(at('huge'), 'x');
  truncateSync(at('huge'), 2 ** 40);
  symlinkSync('/dev/zero', at('endless'));
  symlinkSync(at('ten'), at('link'));
  spawnSync('mkfifo', [at('pipe')]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ways = {
  readWhole,
  readWholeSync: async (path: string, most: number) => readWholeSync(path, most),
};

describe.each(Object.entries(ways))('%s', (_name, read) => {
  test('gives the bytes of a file, through links too', async () => {
    expect((await read(at('ten'), 10)).toString()).toBe('0123456789');
    expect((await read(at('link'), 100)).toString()).toBe('0123456789');
    expect(await read(at('none'), 0)).toHaveLength(0);
  });

  test.each([
    ['ten', 9, 'it is larger than 0 MiB.'],
    ['huge', 3 * 2 ** 20, 'it is larger than 3 MiB.'],
    ['endless', 10, 'it is a pipe or a device, not a file.'],
    ['pipe', 10, 'it is a pipe or a device, not a file.'],
  ])('refuses %s', async (name, most, message) => {
    const error = await read(at(name), most).catch((each) => each);
    expect(error).toBeInstanceOf(FileRefused);
    expect(error.message).toBe(`Cannot read ${at(name)}: ${message}`);
    expect(error.reason).toBe(message);
  });

  test("passes the system's errors on", async () => {
    await expect(read(at('other'), 10)).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(read(folder, 10)).rejects.toMatchObject({ code: 'EISDIR' });
  });

  const hasProc = process.platform === 'linux' ? test : test.skip;
  hasProc('stops at the limit where a file does not say how large it is', async () => {
    expect((await read('/proc/cpuinfo', 2 ** 24)).length).toBeGreaterThan(100);
    await expect(read('/proc/cpuinfo', 10)).rejects.toThrow(/larger/);
  });
});

test('what the shell pipes in is read, up to the limit', () => {
  const script = (most: number) => `
    import { readWholeSync } from ${JSON.stringify(new URL('../../src/files/regularFile.js', import.meta.url))};
    try { console.log(readWholeSync('/dev/stdin', ${most}).length); } catch (error) { console.log(error.reason); }`;
  const ask = (most: number) => {
    const command = 'head -c 100000 /dev/zero | node --input-type=module -e "$SCRIPT"';
    const env = { ...process.env, SCRIPT: script(most) };
    return String(spawnSync('sh', ['-c', command], { env }).stdout);
  };
  expect(ask(2 ** 20)).toBe('100000\n');
  expect(ask(2 ** 16)).toBe('it is larger than 0.1 MiB.\n');
});
