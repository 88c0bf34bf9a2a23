import { PassThrough } from 'node:stream';
import { withDownloadBar } from '../../src/checkpoints/downloadBar.js';

function fakeStream(isTTY: boolean): { stream: NodeJS.WriteStream; text: () => string } {
  const chunks: Buffer[] = [];
  const stream = new PassThrough().on('data', (chunk: Buffer) => chunks.push(chunk));
  const terminal = { isTTY, columns: 120, cursorTo: () => true, clearLine: () => true };
  return {
    stream: Object.assign(stream, terminal) as unknown as NodeJS.WriteStream,
    text: () => Buffer.concat(chunks).toString(),
  };
}

const file = 'model.safetensors';

test('without a terminal there are plain lines: the first, and the last', async () => {
  const { stream, text } = fakeStream(false);
  await withDownloadBar(
    'some/model',
    async ({ onProgress }) => {
      for (let done = 0; done <= 10; done++) onProgress!({ file, done: done * 1e6, total: 10e6 });
    },
    stream,
  );
  const lines = text().trim().split('\n');
  expect(lines.length).toBe(2);
  expect(lines[0]).toBe('some/model: 0.0 of 10.0 MB, 0.0 MB/s, ? left, model.safetensors');
  expect(lines[1]).toMatch(/^some\/model: 10\.0 of 10\.0 MB/);
});

test('a terminal gets a bar, which ends when the work fails', async () => {
  const { stream, text } = fakeStream(true);
  const work = withDownloadBar(
    'some/model',
    async ({ onProgress, onNotice }) => {
      onProgress!({ file, done: 4e6, total: 10e6 });
      onNotice!('using the cache');
      throw new Error('cut off');
    },
    stream,
  );
  await expect(work).rejects.toThrow('cut off');
  expect(text()).toContain('4.0 of 10.0 MB');
  expect(text()).toContain('using the cache');
  expect(text().endsWith('\n')).toBe(true);
});

test('nothing is shown when nothing is fetched', async () => {
  const { stream, text } = fakeStream(true);
  expect(await withDownloadBar('some/model', async () => 'the model', stream)).toBe('the model');
  expect(text()).toBe('');
});
