import { callFgdet } from './callFgdet.js';
import { runFgdet } from './runFgdet.js';

const fgdet = (...args: string[]) => runFgdet(args);

describe('usage', () => {
  test('--help lists the commands', () => {
    const { status, stdout } = fgdet('--help');
    expect(status).toBe(0);
    for (const command of ['detect', 'heatmap', 'train', 'evaluate', 'data'])
      expect(stdout).toContain(`fgdet ${command}`);
  });

  test.each(['detect', 'heatmap', 'train', 'evaluate', 'data', 'data scenes', 'data tokenizer'])(
    '%s --help has examples',
    async (command) => {
      const { status, stdout } = await callFgdet([...command.split(' '), '--help']);
      expect(status).toBe(0);
      expect(stdout).toMatch(/Examples:\n\s+fgdet/);
    },
  );

  test.each([
    [[], 'Say what to do'],
    [['detcet'], 'Did you mean detect?'],
    [['frobnicate'], 'There is no command frobnicate.\nSee: fgdet --help'],
    [['data'], 'Say what to make.\nSee: fgdet data --help'],
    [['data', 'frobnicate'], 'There is no command frobnicate.\nSee: fgdet data --help'],
    [['data', 'scens'], 'Did you mean scenes?'],
    [['data', 'scenes', '--count', '1'], 'output\nSee: fgdet data scenes --help'],
    [['evaluate'], 'Too few arguments: 0, where 1 must be given.\nSee: fgdet evaluate --help'],
    [['train', 'a.json', 'b.json'], 'Unknown argument: b.json'],
    [['detect', 'photo.jpg', '-p', 'cat', '--colour'], 'Unknown argument: colour'],
    [['detect', 'photo.jpg'], '--prompt'],
    [['detect', '--prompt', 'cat'], 'Name a picture'],
    [['detect', 'photo.jpg', '--prompt'], 'A value is missing'],
    [['detect', 'photo.jpg', '-p', 'cat', '--threshold', '2'], '--threshold takes a number'],
    [['detect', 'photo.jpg', '-p', 'cat', '--max', '0'], '--max takes a whole number'],
    [['detect', 'photo.jpg', '-p', 'cat', '--heatmap'], '--heatmap needs --output'],
    [['detect', 'photo.jpg', '-p', 'cat', '--device', 'tpu'], 'Choices: "cpu"'],
    [['serve', '--device', 'tfjs-node'], 'no other request would be answered. Take --device cpu'],
    [['export', '-o', 'onnx', '--target', 'tfjs-node'], 'has no ONNX files of its own: export for'],
    [['heatmap', 'photo.jpg'], '--prompt'],
  ])('%j is refused', async (args, message) => {
    const { status, stdout, stderr } = await callFgdet(args);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

test('a missing prompt file and a missing model are told without a stack trace', () => {
  const prompts = fgdet('detect', 'photo.jpg', '--prompt-file', 'missing.txt');
  expect(prompts.status).toBe(1);
  expect(prompts.stderr).toMatch(/^fgdet: .*missing\.txt/);
  expect(prompts.stderr.trim().split('\n')).toHaveLength(1);
});
