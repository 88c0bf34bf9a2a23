import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { packageRoot } from '../../src/files/packageRoot.js';
import { startFgdet } from './fgdetProcess.js';
import { model } from './prelabelled.js';

const bell = join(packageRoot, 'samples', 'bell.jpg');
/** Milliseconds after which a command counts as one that never ends. */
const patience = 60_000;
const MiB = 2 ** 20;

/** Commands that are pointed at files made to hold them up, or to fill the memory: do they end, and with how much? */
export async function hostileFiles(folder: string): Promise<string[]> {
  const at = join(folder, 'hostile');
  mkdirSync(at);
  const commands = [...pictureCommands(at), ...modelCommands(at), ...labelCommands(at)];
  let [longest, peak] = [0, 0];
  const wrong: string[] = [];
  for (const [what, args] of commands) {
    const begun = performance.now();
    const { child, ended } = startFgdet(args);
    const timer = setTimeout(() => child.kill('SIGKILL'), patience);
    const { status, stderr, peak: most } = await ended;
    clearTimeout(timer);
    longest = Math.max(longest, performance.now() - begun);
    peak = Math.max(peak, most);
    if (status !== 1 || /unexpected error/.test(stderr)) wrong.push(`${what} (${status})`);
  }
  return [
    `${commands.length} commands on hostile files: ${commands.length - wrong.length} ended and said what is wrong, at ` +
      `most ${(longest / 1000).toFixed(1)} s and ${Math.round(peak / MiB)} MiB` +
      (wrong.length > 0 ? `; WRONG: ${wrong.join(', ')}` : ''),
  ];
}

type Command = [what: string, args: string[]];

function pictureCommands(at: string): Command[] {
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" width="7000" height="7000"><filter id="f">${'<feMorphology radius="20"/>'.repeat(50)}</filter><rect width="7000" height="7000" filter="url(#f)"/></svg>`;
  const pictures: Record<string, (file: string) => void> = {
    'a picture of 2 GB': (file) => {
      copyFileSync(bell, file);
      truncateSync(file, 2e9);
    },
    'a link to /dev/zero': (file) => symlinkSync('/dev/zero', file),
    'a pipe': (file) => spawnSync('mkfifo', [file]),
    'a drawing': (file) => writeFileSync(file, drawing),
    'a hidden drawing': (file) => writeFileSync(file, `<!--ftypavif-->${drawing}`),
  };
  return Object.entries(pictures).map(([what, make], i) => {
    const photos = join(at, `photos-${i}`);
    mkdirSync(photos);
    copyFileSync(bell, join(photos, 'a.jpg'));
    make(join(photos, 'b.jpg'));
    return [what, ['detect', photos, '--model', model, '--prompt', 'a bell', '--json']];
  });
}

function modelCommands(at: string): Command[] {
  type Content = Record<string, never>;
  const json = (name: string, change: (content: Content) => object) => (folder: string) => {
    const file = join(folder, name);
    writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, 'utf8')))));
  };
  const settings = (more: object) => json('detector.json', (content) => ({ ...content, ...more }));
  const layers = { num_hidden_layers: 1e9 };
  const pattern = {
    type: 'Split',
    pattern: { Regex: '(a+)+$' },
    behavior: 'Removed',
    invert: true,
  };
  const folders: Record<string, (folder: string) => void> = {
    'a thousand million layers': json('config.json', ({ vision_config, ...content }) => ({
      ...content,
      vision_config: { ...(vision_config as object), ...layers },
    })),
    '10,000 scales': settings({ scales: Array(10_000).fill(1) }),
    'a template of 100,000 places': settings({ templates: ['{a}'.repeat(100_000)] }),
    '60,000 nouns': settings({
      contrastVocabulary: Array.from({ length: 60_000 }, (_, i) => `n${i}`),
    }),
    'a pattern without end': json('tokenizer.json', (content) => ({
      ...content,
      pre_tokenizer: pattern,
    })),
    'a config without end': (folder) => {
      rmSync(join(folder, 'config.json'));
      symlinkSync('/dev/zero', join(folder, 'config.json'));
    },
  };
  return Object.entries(folders).map(([what, make], i) => {
    const folder = join(at, `model-${i}`);
    cpSync(model, folder, { recursive: true });
    make(folder);
    return [what, ['detect', bell, '--model', folder, '--prompt', 'a bell']];
  });
}

function labelCommands(at: string): Command[] {
  const files: Record<string, Uint8Array | string> = {
    'quotes.yaml': `names: ${'"'.repeat(200_000)}`,
    'anchors.yaml': `names: [${Array.from({ length: 20_000 }, (_, i) => `&a${i} x`).join(', ')}]\ntrain: x`,
    'bomb.json': gzipSync(Buffer.alloc(2 ** 30, ' ')),
  };
  return Object.entries(files).map(([name, content]) => {
    const file = join(at, name);
    writeFileSync(file, content);
    return [name, ['data', 'convert', file, '--to', 'voc', '--output', `${file}.voc`]];
  });
}
