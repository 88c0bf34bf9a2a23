import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import yargs from 'yargs';
import { command } from '../../../app/cli/dataScenes.js';

const folder = mkdtempSync(join(tmpdir(), 'fgdet-data-scenes-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function run(...words: string[]): Promise<string> {
  const out = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  const err = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    await yargs(['scenes', ...words])
      .command(command)
      .exitProcess(false)
      .fail(false)
      .strict()
      .parseAsync();
    return out.mock.calls.map(([text]) => String(text)).join('');
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
}

test('the command writes a data set and prints one JSON result', async () => {
  const output = join(folder, 'single');
  const options = '--count 12 --objects 1 --size 64x48 --seed 5 --workers 1 --json'.split(' ');
  const printed = await run(...options, '--output', output);
  expect(JSON.parse(printed)).toEqual({ folder: output, pictures: 12, objects: 12, drawn: 12 });
  const { options: used } = JSON.parse(readFileSync(join(output, 'dataset.json'), 'utf8'));
  expect(used).toMatchObject({
    size: [64, 48],
    objects: [1, 1],
    objectSize: [0.45, 0.95],
    seed: 5,
  });
});

test.each([
  ['--size', 'big', /--size must be one number or two/],
  ['--objects', '1-2-3', /--objects must be one number or two/],
  ['--workers', '0', /--workers must be a whole number/],
  ['--split', 'test', /split/],
  ['--count', '0', /count must be a whole number above 0, not 0/],
])('%s %s is refused in one line', async (option, value, message) => {
  const rest = option === '--count' ? [] : ['--count', '1'];
  const result = run(option, value, ...rest, '--output', join(folder, 'none'));
  await expect(result).rejects.toThrow(message);
});
