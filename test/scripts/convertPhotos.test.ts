import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { pack } from 'tar-stream';
import { imageNetNames, listedNames } from '../../scripts/photos/names.js';
import { readPackage, type SourcePackage } from '../../scripts/photos/packages.js';
import { readTorchFile } from '../../scripts/photos/torchFile.js';
import { transposed } from '../../scripts/photos/weights.js';
import { ndarray } from '../../src/jit/ndarray.js';

describe('state dicts of old PyTorch', () => {
  /** {'a.weight': arange(6).reshape(2, 3), 'turned': the same transposed, 'part': …[2:4], 'count': 7} */
  const written =
    'gAKKCmz8nEb5IGqoUBkugAJN6QMugAJ9cQAoWBAAAABwcm90b2NvbF92ZXJzaW9ucQFN6QNYDQAAAGxpdHRsZV9lbmRpYW5x' +
    'AohYCgAAAHR5cGVfc2l6ZXNxA31xBChYBQAAAHNob3J0cQVLAlgDAAAAaW50cQZLBFgEAAAAbG9uZ3EHSwR1dS6AAmNjb2xs' +
    'ZWN0aW9ucwpPcmRlcmVkRGljdApxAClScQEoWAgAAABhLndlaWdodHECY3RvcmNoLl91dGlscwpfcmVidWlsZF90ZW5zb3Jf' +
    'djIKcQMoKFgHAAAAc3RvcmFnZXEEY3RvcmNoCkZsb2F0U3RvcmFnZQpxBVgOAAAAOTM5NTA4MTI1ODY0MDBxBlgDAAAAY3B1' +
    'cQdLBk50cQhRSwBLAksDhnEJSwNLAYZxColoAClScQt0cQxScQ1YBgAAAHR1cm5lZHEOaAMoKGgEaAVYDgAAADkzOTUwODEy' +
    'NTg2NTEycQ9oB0sGTnRxEFFLAEsDSwKGcRFLAUsDhnESiWgAKVJxE3RxFFJxFVgEAAAAcGFydHEWaAMoKGgEaAVYDgAAADkz' +
    'OTUwNjk1NDczNjMycRdoB0sFTnRxGFFLAksChXEZSwGFcRqJaAApUnEbdHEcUnEdWAUAAABjb3VudHEeaAMoKGgEY3RvcmNo' +
    'CkxvbmdTdG9yYWdlCnEfWA4AAAA5Mzk1MDgxMjQ0NTQ4OHEgaAdLAU50cSFRSwApKYloAClScSJ0cSNScSR1LoACXXEAKFgO' +
    'AAAAOTM5NTA2OTU0NzM2MzJxAVgOAAAAOTM5NTA4MTI0NDU0ODhxAlgOAAAAOTM5NTA4MTI1ODY0MDBxA1gOAAAAOTM5NTA4' +
    'MTI1ODY1MTJxBGUuBQAAAAAAAAAAAAAAAAAAPwAAgD8AAMA/AAAAQAEAAAAAAAAABwAAAAAAAAAGAAAAAAAAAAAAAAAAAIA/' +
    'AAAAQAAAQEAAAIBAAACgQAYAAAAAAAAAAAAAAAAAgD8AAABAAABAQAAAgEAAAKBA';

  test('tensors are read, views of others too; counters are left out', () => {
    const tensors = readTorchFile(Buffer.from(written, 'base64'), 'a.pth');
    const plain = [...tensors].map(([name, { shape, data }]) => [name, shape, [...data]]);
    expect(plain).toEqual([
      ['a.weight', [2, 3], [0, 1, 2, 3, 4, 5]],
      ['turned', [3, 2], [0, 3, 1, 4, 2, 5]],
      ['part', [2], [1, 1.5]],
    ]);
  });

  test('anything else is refused', () => {
    const bytes = Buffer.from(written, 'base64');
    expect(() => readTorchFile(bytes.subarray(0, -4), 'a.pth')).toThrow(
      /a\.pth is not a state dict of old PyTorch: it has \d+ bytes instead of \d+/,
    );
    expect(() => readTorchFile(Buffer.from('PK'), 'a.pth')).toThrow(/byte 0 of its pickle, 80/);
    expect(() => readTorchFile(bytes.subarray(0, 5), 'a.pth')).toThrow(/does not end/);
    const doubles =
      'gAKKCmz8nEb5IGqoUBkugAJN6QMugAJ9cQAoWBAAAABwcm90b2NvbF92ZXJzaW9ucQFN6QNYDQAAAGxpdHRsZV9lbmRpYW5x' +
      'AohYCgAAAHR5cGVfc2l6ZXNxA31xBChYBQAAAHNob3J0cQVLAlgDAAAAaW50cQZLBFgEAAAAbG9uZ3EHSwR1dS6AAn1xAFgB' +
      'AAAAYXEBY3RvcmNoLl91dGlscwpfcmVidWlsZF90ZW5zb3JfdjIKcQIoKFgHAAAAc3RvcmFnZXEDY3RvcmNoCkRvdWJsZVN0' +
      'b3JhZ2UKcQRYDgAAADkzOTUwNjk1NTMxODcycQVYAwAAAGNwdXEGSwJOdHEHUUsASwKFcQhLAYVxCYljY29sbGVjdGlvbnMK' +
      'T3JkZXJlZERpY3QKcQopUnELdHEMUnENcy6AAl1xAFgOAAAAOTM5NTA2OTU1MzE4NzJxAWEuAgAAAAAAAAAAAAAAAAAAAAAA' +
      'AAAAAAAA';
    expect(() => readTorchFile(Buffer.from(doubles, 'base64'), 'b.pth')).toThrow(
      /b\.pth is not a state dict of old PyTorch: a tensor is in torch\.DoubleStorage/,
    );
  });
});

describe('packages', () => {
  const content = Buffer.from('what the package has');
  const sum = createHash('sha256').update(content).digest('hex');
  const described = (file: string): SourcePackage => ({
    ...{ name: 'thing', version: '1.0', licence: 'MIT', what: 'a thing' },
    file,
    members: { 'a/b.txt': sum },
  });

  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'fgdet-packages-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  async function tarball(): Promise<Buffer> {
    const archive = pack();
    archive.entry({ name: 'other' }, 'x');
    archive.entry({ name: 'a/b.txt' }, content);
    archive.finalize();
    const chunks: Buffer[] = [];
    for await (const chunk of archive) chunks.push(chunk as Buffer);
    return gzipSync(Buffer.concat(chunks));
  }

  test('members are read from wheels and tarballs', async () => {
    writeFileSync(join(folder, 'thing.whl'), zipSync({ 'a/b.txt': content, other: content }));
    writeFileSync(join(folder, 'thing.tgz'), await tarball());
    for (const file of ['thing.whl', 'thing.tgz']) {
      expect(await readPackage(folder, described(file))).toEqual({ 'a/b.txt': content });
    }
  });

  test('one that is missing, broken, or another is refused', async () => {
    const reading = (file: string) => readPackage(folder, described(file));
    await expect(reading('none.whl')).rejects.toThrow(
      /none\.whl does not exist\. Download thing 1\.0 there\./,
    );
    writeFileSync(join(folder, 'empty.whl'), zipSync({ other: content }));
    await expect(reading('empty.whl')).rejects.toThrow(/empty\.whl has no a\/b\.txt\./);
    writeFileSync(join(folder, 'changed.whl'), zipSync({ 'a/b.txt': Buffer.from('other') }));
    await expect(reading('changed.whl')).rejects.toThrow(
      /a\/b\.txt has the sha256 \w+, but that of thing 1\.0 is \w+/,
    );
    for (const file of ['broken.whl', 'broken.tgz']) {
      writeFileSync(join(folder, file), 'no archive');
      await expect(reading(file)).rejects.toThrow(/broken\.(whl|tgz) is not a (wheel|package)/);
    }
  });
});

test('axes change places', () => {
  const matrix = ndarray(Float32Array.of(0, 1, 2, 3, 4, 5), [1, 2, 3]);
  const turned = transposed(matrix, [2, 0, 1]);
  expect([turned.shape, [...turned.data]]).toEqual([
    [3, 1, 2],
    [0, 3, 1, 4, 2, 5],
  ]);
});

test('names', () => {
  expect([listedNames('coco').length, listedNames('background').length]).toEqual([80, 1000]);
  expect(imageNetNames('n2\nn1\n', 'n1\ta, b\nn2\tc\n')).toEqual(['c', 'a, b']);
  expect(() => imageNetNames('n3', 'n1\ta')).toThrow(/has no n3/);
});
