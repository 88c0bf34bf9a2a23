import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fuzzOptions } from '../../fuzz/options.js';
import { targetNames } from '../../fuzz/target.js';
import { UserError } from '../../src/errors.js';

test.each<[string[], RegExp]>([
  [['--target', 'nosuch'], /no target "nosuch"; there are .*coco/],
  [['--target', 'coco', '--target', 'nosuch'], /no target "nosuch"/],
  [['--seconds', 'abc'], /--seconds takes a number above 0, not "abc"/],
  [['--seconds', '-1'], /not "-1"/],
  [['--seconds', '0'], /not "0"/],
  [['--seconds', '1e999'], /not "1e999"/],
  [['--seconds', '1', '--seconds', '2'], /not "1,2"/],
  [['--target', 'coco', '--input', 'absent'], /^Cannot read absent: there is no such file/],
  [['--input', 'any'], /--input needs one --target/],
  [['--colour', 'red'], /Unknown argument: colour/],
])('%j is refused', async (args, message) => {
  await expect(fuzzOptions(args)).rejects.toThrow(message);
  await expect(fuzzOptions(args)).rejects.toThrow(UserError);
});

test('all targets for a minute, unless it is said', async () => {
  expect(await fuzzOptions([])).toMatchObject({ targets: targetNames, seconds: 60 });
  const folder = mkdtempSync(join(tmpdir(), 'fgdet-fuzz-options-'));
  try {
    writeFileSync(join(folder, 'a'), '[]');
    const args = ['--target', 'coco', '--seconds', '0.5', '--input', join(folder, 'a')];
    const { targets, seconds, input } = await fuzzOptions(args);
    expect([targets, seconds, String(input)]).toEqual([['coco'], 0.5, '[]']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
