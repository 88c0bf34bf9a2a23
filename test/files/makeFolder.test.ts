import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from '../../src/files/makeFolder.js';

test('folders are made, and what is in the way is told', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fgdet-folder-'));
  try {
    makeFolder(join(folder, 'a/b/c'));
    makeFolder(join(folder, 'a/b/c'));
    expect(existsSync(join(folder, 'a/b/c'))).toBe(true);
    writeFileSync(join(folder, 'file'), '');
    const message = /ENOTDIR|EEXIST/;
    expect(() => makeFolder(join(folder, 'file/a'))).toThrow(message);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const onLinux = process.platform === 'linux' ? test : test.skip;
onLinux('a folder that takes none is told', () => {
  expect(() => makeFolder('/proc/fgdet/labels')).toThrow(/ENOENT|EACCES|EPERM/);
});
