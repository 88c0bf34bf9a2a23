import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CheckpointError } from '../../src/checkpoints/checkpointError.js';
import {
  type DownloadProgress,
  downloadModel,
  type HubOptions,
  isHubName,
  parseHubName,
} from '../../src/checkpoints/hub.js';
import { hubCacheFolder } from '../../src/checkpoints/hubCache.js';
import { FakeHub } from './fakeHub.js';

let hub: FakeHub;
let cacheDir: string;
let options: HubOptions;
const weights = Buffer.from(Uint8Array.from({ length: 200_000 }, (_, i) => (i * 31) % 251));

beforeEach(async () => {
  delete process.env.HF_TOKEN;
  delete process.env.HF_HUB_OFFLINE;
  hub = new FakeHub();
  hub.files.set('config.json', Buffer.from('{}'));
  hub.files.set('model.safetensors', weights);
  hub.files.set('README.md', Buffer.from('# read me'));
  await hub.start();
  cacheDir = mkdtempSync(join(tmpdir(), 'fgdet-hub-'));
  options = { cacheDir, hubUrl: hub.url, retryPause: 1 };
});
afterEach(async () => {
  await hub.stop();
  rmSync(cacheDir, { recursive: true });
});

// What a connection brought last may be lost when it breaks.
function expectWithin(value: number, low: number, high: number): void {
  expect(value).toBeGreaterThanOrEqual(low);
  expect(value).toBeLessThanOrEqual(high);
}

const modelFolder = () => join(cacheDir, 'models--someone--tiny-clip');

describe('downloading', () => {
  test('fills the cache as Python lays it out, and a second time fetches nothing', async () => {
    const progress: DownloadProgress[] = [];
    const onProgress = (value: DownloadProgress) => progress.push(value);
    const folder = await downloadModel(hub.name, { ...options, onProgress });
    expect(folder).toBe(join(modelFolder(), 'snapshots', hub.commit));
    expect(readdirSync(folder).sort()).toEqual(['config.json', 'model.safetensors']);
    expect(readFileSync(join(folder, 'model.safetensors')).equals(weights)).toBe(true);
    expect(readFileSync(join(modelFolder(), 'refs/main'), 'utf8')).toBe(hub.commit);
    expect(readdirSync(join(modelFolder(), 'blobs')).sort()).toEqual(
      [hub.hash('config.json'), hub.hash('model.safetensors')].sort(),
    );
    const link = join(folder, 'config.json');
    if (lstatSync(link).isSymbolicLink()) {
      expect(readlinkSync(link)).toBe(join('../../blobs', hub.hash('config.json')));
    }
    const total = weights.length + 2;
    expect(progress.at(-1)).toEqual({ file: 'model.safetensors', done: total, total });
    expect(progress.every(({ done }, i) => i === 0 || done >= progress[i - 1].done)).toBe(true);

    hub.fetched.length = 0;
    expect(await downloadModel(hub.name, options)).toBe(folder);
    expect(hub.fetched).toEqual([]);
  });

  test.each([
    [{ license: 'apache-2.0' }, 'apache-2.0'],
    [{ license: 'other', license_name: 'some-rail\u001b[2J' }, 'some-rail\\u001b[2J'],
    [{}, 'not stated on its page'],
  ])('size and licence are told before weights are fetched, once: %j', async (card, licence) => {
    hub.card = card;
    const told: string[] = [];
    const onNotice = (message: string) => told.push(message);
    await downloadModel(hub.name, { ...options, onNotice });
    await downloadModel(hub.name, { ...options, onNotice });
    expect(told).toEqual([`someone/tiny-clip: 0.2 MB; licence: ${licence}.`]);
  });

  test('a transfer cut in the middle goes on from there, by itself', async () => {
    hub.files.delete('config.json');
    hub.cuts.push(70_000, 50_000);
    const folder = await downloadModel(hub.name, options);
    expect(readFileSync(join(folder, 'model.safetensors')).equals(weights)).toBe(true);
    const starts = hub.fetched.map(({ from }) => from);
    expect(starts.length).toBe(3);
    expect(starts[0]).toBe(0);
    expectWithin(starts[1], 1, 70_000);
    expectWithin(starts[2], starts[1], starts[1] + 50_000);
  });

  test('a process that gave up is continued by the next', async () => {
    hub.files.delete('config.json');
    hub.cuts.push(70_000, 0, 0, 0, 0, 0);
    await expect(downloadModel(hub.name, options)).rejects.toThrow(
      /broke off after \d+ of 200000 bytes .*run the same again to go on/,
    );
    expect(() => readFileSync(join(modelFolder(), 'refs/main'))).toThrow();
    hub.fetched.length = 0;
    hub.cuts.length = 0;
    const folder = await downloadModel(hub.name, options);
    expect(hub.fetched.length).toBe(1);
    expectWithin(hub.fetched[0].from, 1, 70_000);
    expect(readFileSync(join(folder, 'model.safetensors')).equals(weights)).toBe(true);
  });

  test('a server that ignores ranges is read from the start', async () => {
    hub.ignoresRange = true;
    hub.cuts.push(1, 70_000);
    const folder = await downloadModel(hub.name, options);
    expect(readFileSync(join(folder, 'model.safetensors')).equals(weights)).toBe(true);
  });

  test('content that does not have its hash is refused and deleted', async () => {
    const blobs = join(modelFolder(), 'blobs');
    const name = hub.hash('model.safetensors');
    hub.cuts.push(2, 50, 0, 0, 0, 0, 0);
    await expect(downloadModel(hub.name, options)).rejects.toThrow(CheckpointError);
    writeFileSync(join(blobs, `${name}.incomplete`), Buffer.alloc(60_000));
    await expect(downloadModel(hub.name, options)).rejects.toThrow(
      /model\.safetensors is damaged: its SHA-256 is not/,
    );
    expect(readdirSync(blobs)).not.toContain(`${name}.incomplete`);
    await downloadModel(hub.name, options);
  });

  test('of whole and sharded weights only the whole are fetched, and nothing from folders', async () => {
    hub.files.set('model.safetensors.index.json', Buffer.from('{}'));
    hub.files.set('model-00001-of-00002.safetensors', Buffer.from('x'));
    hub.files.set('../../evil.json', Buffer.from('x'));
    hub.files.set('onnx/config.json', Buffer.from('x'));
    const folder = await downloadModel(hub.name, options);
    expect(readdirSync(folder).sort()).toEqual(['config.json', 'model.safetensors']);
  });

  test('files that no model needs stay there', async () => {
    for (const name of ['generation_config.json', 'training.json', 'optimizer.safetensors']) {
      hub.files.set(name, Buffer.from('{}'));
    }
    for (const name of ['vocab.json', 'merges.txt']) hub.files.set(name, Buffer.from('{}'));
    const folder = await downloadModel(hub.name, options);
    const wanted = ['config.json', 'merges.txt', 'model.safetensors', 'vocab.json'];
    expect(readdirSync(folder).sort()).toEqual(wanted);
  });

  test('of a model that is none of fgdet, the weights are not fetched', async () => {
    hub.files.set('config.json', Buffer.from('{"model_type":"siglip"}'));
    await expect(downloadModel(hub.name, options)).rejects.toThrow(/tiny-clip is SigLIP/);
    expect(hub.fetched.map(({ file }) => file)).toEqual(['config.json']);
  });

  test('plain CLIP is fetched where it will do', async () => {
    const clip = '{"model_type":"clip","architectures":["CLIPModel"]}';
    hub.files.set('config.json', Buffer.from(clip));
    await expect(downloadModel(hub.name, options)).rejects.toThrow(/is plain CLIP/);
    const folder = await downloadModel(hub.name, { ...options, plainClip: true });
    expect(readdirSync(folder).sort()).toEqual(['config.json', 'model.safetensors']);
  });
});

test('a name may have a revision', () => {
  expect(parseHubName('a/b@v1')).toEqual({ name: 'a/b', revision: 'v1' });
  expect(parseHubName('a/b')).toEqual({ name: 'a/b' });
  expect(parseHubName('a@v1')).toBeUndefined();
});

describe('refusals say what to do', () => {
  test('an unknown model or revision', async () => {
    await expect(downloadModel('someone/nothing', options)).rejects.toThrow(
      /There is no model someone\/nothing with the revision main at http:/,
    );
    await expect(downloadModel(hub.name, { ...options, revision: 'v9' })).rejects.toThrow(
      /There is no model someone\/tiny-clip with the revision v9/,
    );
    await expect(downloadModel(hub.name, { ...options, revision: '../x' })).rejects.toThrow(
      /"\.\.\/x" is not a branch, tag or commit/,
    );
  });

  test.each([
    ['api', 401],
    ['file', 401],
    ['file', 403],
  ] as const)('a gated model (%s answers %d)', async (where, status) => {
    hub.refuse = { [where]: status };
    await expect(downloadModel(hub.name, options)).rejects.toThrow(
      /someone\/tiny-clip does not exist, or is gated or private\. No access token was given: .*HF_TOKEN/,
    );
  });

  test('a token opens a gated model', async () => {
    hub.token = 'hf_test';
    await downloadModel(hub.name, { ...options, accessToken: 'hf_test' });
    await expect(downloadModel(hub.name, { ...options, accessToken: 'hf_other' })).rejects.toThrow(
      /The access token given does not open it/,
    );
  });

  test('weights only as a pickle', async () => {
    hub.files.delete('model.safetensors');
    hub.files.set('pytorch_model.bin', Buffer.from('pickle'));
    await expect(downloadModel(hub.name, options)).rejects.toThrow(
      /only in pytorch_model\.bin, a Python pickle.*never does.*save_file/s,
    );
    expect(hub.fetched.map(({ file }) => file)).toEqual(['config.json']);
  });

  test('an overloaded server', async () => {
    hub.refuse = { file: 503 };
    await expect(downloadModel(hub.name, options)).rejects.toThrow(
      /answered 503.*run the same again/s,
    );
  });
});

describe('without a network', () => {
  const gone = 'http://127.0.0.1:9';

  test('offline mode uses the cache and asks nobody', async () => {
    const folder = await downloadModel(hub.name, options);
    const offline = { cacheDir, hubUrl: gone, offline: true };
    expect(await downloadModel(hub.name, offline)).toBe(folder);
    expect(await downloadModel(hub.name, { ...offline, revision: hub.commit })).toBe(folder);
    await expect(downloadModel(hub.name, { ...offline, revision: 'v2' })).rejects.toThrow(
      /\(v2\) is not in the cache/,
    );
  });

  test('HF_HUB_OFFLINE is heeded', async () => {
    process.env.HF_HUB_OFFLINE = '1';
    try {
      await expect(downloadModel(hub.name, options)).rejects.toThrow(
        /is not in the cache .*models--someone--tiny-clip, and offline mode forbids fetching it\. Run once with a network/,
      );
      expect(hub.fetched).toEqual([]);
    } finally {
      delete process.env.HF_HUB_OFFLINE;
    }
  });

  test('a hub that cannot be reached is replaced by the cache, with a notice', async () => {
    const unreachable = { ...options, hubUrl: gone };
    await expect(downloadModel(hub.name, unreachable)).rejects.toThrow(
      /is not in the cache .* cannot be reached .*Check the network/,
    );
    const folder = await downloadModel(hub.name, options);
    const notices: string[] = [];
    const onNotice = (message: string) => notices.push(message);
    expect(await downloadModel(hub.name, { ...unreachable, onNotice })).toBe(folder);
    expect(notices).toEqual([expect.stringMatching(/127\.0\.0\.1:9 cannot be reached .*; using /)]);
  });
});

test('names of the Hub are told from other texts', () => {
  expect(isHubName('qihoo360/fg-clip-base')).toBe(true);
  for (const other of [
    'base',
    './model',
    '../model',
    'a/b/c',
    '/a/b',
    'a/..',
    'a/b--c',
    `a/${'x'.repeat(300)}`,
    '',
  ]) {
    expect([other, isHubName(other)]).toEqual([other, false]);
  }
});

test("the cache folder follows Python's variables", () => {
  const names = ['HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE', 'HF_HOME', 'XDG_CACHE_HOME'];
  const before = names.map((name) => process.env[name]);
  const set = (values: Record<string, string>) => {
    for (const name of names) delete process.env[name];
    Object.assign(process.env, values);
  };
  try {
    set({ HF_HUB_CACHE: '/a', HF_HOME: '/b' });
    expect(hubCacheFolder()).toBe('/a');
    set({ HF_HOME: '/b', XDG_CACHE_HOME: '/c' });
    expect(hubCacheFolder()).toBe(join('/b/hub'));
    set({ XDG_CACHE_HOME: '/c' });
    expect(hubCacheFolder()).toBe(join('/c/huggingface/hub'));
    set({});
    expect(hubCacheFolder()).toMatch(/\.cache.huggingface.hub$/);
  } finally {
    set(
      Object.fromEntries(
        names.flatMap((name, i) => (before[i] === undefined ? [] : [[name, before[i]!]])),
      ),
    );
  }
});

describe('a hub that lies', () => {
  /** A hub that answers as the fake one does, until `path` is asked for. */
  async function lying(
    path: string,
    answer: (response: ServerResponse) => void,
  ): Promise<{ url: string; server: Server }> {
    const server = createServer(async ({ url = '', headers, method }, response) => {
      if (url.includes(path)) return answer(response);
      const honest = await fetch(`${hub.url}${url}`, {
        method,
        headers: { range: headers.range ?? '' },
      }).catch(() => undefined);
      if (!honest) return response.destroy();
      response.writeHead(honest.status, Object.fromEntries(honest.headers));
      response.end(Buffer.from(await honest.arrayBuffer()));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  }

  let sent = 0;
  const endless = (response: ServerResponse, status = 200) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    const piece = Buffer.alloc(65536, 32);
    const more = () => {
      while (!response.destroyed && response.write(piece)) sent += piece.length;
    };
    response.on('drain', more);
    more();
  };
  let pages = 0;
  const page = (response: ServerResponse, entries: unknown[]) => {
    const next = `<http://${response.req.headers.host}/api/models/x/tree/${hub.commit}?cursor=${++pages}>; rel="next"`;
    response.writeHead(200, { 'content-type': 'application/json', link: next });
    response.end(JSON.stringify(entries));
  };
  const sized = (size: number) => (response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const oid = '1'.repeat(40);
    response.end(JSON.stringify([{ type: 'file', path: 'config.json', size, oid }]));
  };

  const info = '/revision/main';
  const tree = '/tree/';
  const file = '/config.json';
  test.each<[string, string, (response: ServerResponse) => void, RegExp]>([
    ['an endless file', file, endless, /config\.json sends more than the 2 bytes/],
    ['an endless refusal of a file', file, (r) => endless(r, 404), /There is no model.*404/],
    ['an endless answer', info, endless, /says more than there is to say of a model/],
    ['an endless refusal', info, (r) => endless(r, 404), /says more than there is to say/],
    ['an endless list', tree, (r) => page(r, [{ type: 'file', path: 'a', size: 1 }]), /says more/],
    ['an endless list of nothing', tree, (r) => page(r, []), /says more/],
    [
      'a list that goes on elsewhere',
      tree,
      (r) => {
        r.writeHead(200, { link: '<http://127.0.0.1:9/stolen>; rel="next"' });
        r.end('[]');
      },
      /sends elsewhere, to http:\/\/127\.0\.0\.1:9\/stolen, which is not asked/,
    ],
    ['HTML', info, (r) => r.end('<h1>Log in</h1>'), /does not answer as a model hub does.*proxy/],
    ['no list', tree, (r) => r.end('{"a": 1}'), /does not answer as a model hub does/],
    ['a size below 0', tree, sized(-1), /says that someone\/tiny-clip\/config\.json has -1 bytes/],
    ['a huge config', tree, sized(1e15), /has 1000000000000000 bytes/],
    ['nothing', info, () => {}, /cannot be reached \(nothing came for 0\.2 s\)/],
    ['no file', file, () => {}, /broke off after 0 of 2 bytes.*nothing came for 0\.2 s/],
  ])('%s', async (_what, path, answer, message) => {
    [sent, pages] = [0, 0];
    const { url, server } = await lying(path, answer);
    try {
      // Others have time on a busy machine.
      const stall = message.source.includes('nothing came') ? 200 : undefined;
      const failing = downloadModel(hub.name, { ...options, hubUrl: url, stall });
      const error: Error = await failing.catch((each) => each);
      expect(error).toBeInstanceOf(CheckpointError);
      expect(error.message).toMatch(message);
      expect(sent).toBeLessThan(60 * 2 ** 20);
      expect(pages).toBeLessThan(150);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  test('a file of a very long name is not fetched', async () => {
    hub.files.set(`${'x'.repeat(300)}.json`, Buffer.from('{}'));
    const folder = await downloadModel(hub.name, options);
    expect(readdirSync(folder).sort()).toEqual(['config.json', 'model.safetensors']);
  });
});
