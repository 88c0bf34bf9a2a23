import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { filesBelow } from '../../src/files/filesBelow.js';
import { filesMatching } from '../../src/files/filesMatching.js';

const root = mkdtempSync(join(tmpdir(), 'fgdet-files-'));
afterAll(() => rmSync(root, { recursive: true }));

const folder = join(root, 'photos');
mkdirSync(join(folder, 'a/b'), { recursive: true });
mkdirSync(join(root, 'elsewhere'));
for (const file of ['photos/x.jpg', 'photos/a/b/y.jpg', 'elsewhere/z.jpg']) {
  writeFileSync(join(root, file), '');
}
symlinkSync('..', join(folder, 'a/up'));
symlinkSync('../elsewhere', join(folder, 'out.jpg'));
symlinkSync('x.jpg', join(folder, 'link.jpg'));
symlinkSync('nowhere', join(folder, 'broken.jpg'));
symlinkSync('circle', join(folder, 'circle'));
symlinkSync('photos', join(root, 'album'));

test('links to folders are not followed, and told', () => {
  const links: string[] = [];
  const found = filesBelow(folder, (path) => links.push(path));
  expect(found).toEqual(['a/b/y.jpg', 'broken.jpg', 'circle', 'link.jpg', 'x.jpg']);
  expect(links.sort()).toEqual(['a/up', 'out.jpg']);
});

test('the folder itself may be a link', () => {
  expect(filesBelow(join(root, 'album'))).toEqual(filesBelow(folder));
});

test.each([
  ['photos/**/*.jpg', ['photos/a/b/y.jpg', 'photos/link.jpg', 'photos/x.jpg'], 2],
  ['photos/*/z.jpg', [], 2],
  ['album/*.jpg', ['album/link.jpg', 'album/x.jpg'], 1],
  ['photos/out.jpg/z.*', ['photos/out.jpg/z.jpg'], 0],
])('files that fit %s', (pattern, expected, count) => {
  const links: string[] = [];
  const found = filesMatching(join(root, pattern), (path) => links.push(path));
  expect(found.sort()).toEqual(expected.map((path) => join(root, path)));
  expect(links).toHaveLength(count);
});
