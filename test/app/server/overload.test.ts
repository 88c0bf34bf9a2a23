import { connect } from 'node:net';
import { closeGracefully } from '../../../app/server/closing.js';
import { Overloaded } from '../../../app/server/errors.js';
import { defaultLimits } from '../../../app/server/limits.js';
import { Turns } from '../../../app/server/turns.js';
import { WorkQueue } from '../../../app/server/workQueue.js';
import { listening, picture, type TestServer, testServer, until } from './testServer.js';

describe('a queue', () => {
  test('gives turns in order, so many at a time', async () => {
    const queue = new WorkQueue({ ...defaultLimits, concurrency: 2, queue: 5 });
    const ends: (() => void)[] = [];
    const started: number[] = [];
    const turns = [0, 1, 2, 3].map((i) =>
      queue.turn(async () => {
        started.push(i);
        await new Promise<void>((resolve) => ends.push(resolve));
      }),
    );
    await until(() => started.length === 2);
    expect(queue).toMatchObject({ running: 2, waiting: 2 });
    ends[1]();
    await turns[1];
    await until(() => started.length === 3);
    ends[0]();
    ends[2]();
    await until(() => ends.length === 4);
    ends[3]();
    await Promise.all(turns);
    expect(started).toEqual([0, 1, 2, 3]);
    expect(queue).toMatchObject({ running: 0, waiting: 0 });
  });

  test('drops who does not wait any more, and goes on after failures', async () => {
    const queue = new WorkQueue({ ...defaultLimits, concurrency: 1, queue: 5 });
    let end = () => {};
    const first = queue.turn(
      () =>
        new Promise<void>((resolve) => {
          end = resolve;
        }),
    );
    const controller = new AbortController();
    const gone = queue.turn(async () => 'done', 0, controller.signal);
    const failing = queue.turn(async () => {
      throw new Error('no');
    });
    const last = queue.turn(async () => 'last');
    controller.abort(new Error('gone'));
    await expect(gone).rejects.toThrow('gone');
    end();
    await first;
    await expect(failing).rejects.toThrow('no');
    expect(await last).toBe('last');
  });

  test('lets so many in, and says when to come again', () => {
    const queue = new WorkQueue({ ...defaultLimits, concurrency: 1, queue: 1 });
    const leave = queue.admit();
    queue.admit();
    expect(() => queue.admit()).toThrow(Overloaded);
    expect(queue.retryAfter).toBeGreaterThanOrEqual(1);
    leave();
    leave();
    queue.admit();
    expect(queue.admitted).toBe(2);
  });
});

describe('turns', () => {
  /** Work that goes on until its end is called. */
  function held() {
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    return { end, work: () => ended };
  }

  test('are of no more together than they may, but for one that is larger alone', async () => {
    const turns = new Turns({ turns: 9, size: 10 });
    const [first, large, small] = [held(), held(), held()];
    const all = [turns.turn(first.work, 6), turns.turn(large.work, 20), turns.turn(small.work, 4)];
    expect(turns).toMatchObject({ running: 2, waiting: 1 });
    small.end();
    await all[2];
    expect(turns).toMatchObject({ running: 1, waiting: 1 });
    first.end();
    await all[0];
    expect(turns).toMatchObject({ running: 1, waiting: 0 });
    large.end();
    await Promise.all(all);
  });

  test('go to what is smallest first, and to what is large after some of those', async () => {
    const turns = new Turns({ turns: 1 });
    const first = held();
    const order: string[] = [];
    const turn = (name: string, size: number) => turns.turn(async () => order.push(name), size);
    const all = [turns.turn(first.work), turn('large', 5)];
    for (let i = 0; i < 20; i++) all.push(turn(`small ${i}`, 1));
    first.end();
    await Promise.all(all);
    expect(order.slice(0, 3)).toEqual(['small 0', 'small 1', 'small 2']);
    expect(order.indexOf('large')).toBe(8);
  });

  test('of large pictures and of others are not each other’s', async () => {
    const queue = new WorkQueue({ ...defaultLimits, pixels: 100, heldPixels: 200 });
    const works = Array.from({ length: 10 }, held);
    const large = works.map(({ work }) => queue.turn(work, 99));
    expect(queue).toMatchObject({ running: 1, waiting: 9 });
    expect(await queue.turn(async () => 'done', 25)).toBe('done');
    for (const { end } of works) end();
    await Promise.all(large);
  });
});

describe('a server that is full', () => {
  let fake: TestServer;
  const open: (() => void)[] = [];
  afterEach(async () => {
    for (const one of open.splice(0)) one();
    await fake.server.close();
  });

  async function start(limits: object) {
    fake = testServer({ limits });
    open.push(fake.model.close());
    return listening(fake.server);
  }

  const body = async () => {
    const base64 = (await picture()).toString('base64');
    return JSON.stringify({ image: { base64 }, prompts: ['red cat'] });
  };
  const send = (address: string, content: string, signal?: AbortSignal) =>
    fetch(`${address}/v1/detect`, {
      ...{ method: 'POST', body: content, headers: { 'content-type': 'application/json' } },
      signal,
    });
  const queueOf = async (address: string) =>
    ((await (await fetch(`${address}/health`)).json()) as { queue: object }).queue;

  test('turns requests away with 503, and serves those that it let in', async () => {
    const address = await start({ concurrency: 1, queue: 2 });
    const content = await body();
    const let_in = [0, 1, 2].map(() => send(address, content));
    await until(() => fake.model.looking === 1);
    // The others wait once their pictures' sizes are known.
    let queue: unknown;
    do queue = await queueOf(address);
    while (JSON.stringify(queue) !== JSON.stringify({ requests: 3, waiting: 2, running: 1 }));
    const shed = await Promise.all([0, 1, 2].map(() => send(address, content)));
    for (const answer of shed) {
      expect(answer.status).toBe(503);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      expect(await answer.json()).toMatchObject({ error: { code: 'overloaded' } });
    }
    for (const one of open.splice(0)) one();
    for (const answer of await Promise.all(let_in)) expect(answer.status).toBe(200);
    await until(() => fake.model.looking === 0);
    expect(await queueOf(address)).toEqual({ requests: 0, waiting: 0, running: 0 });
  });

  test('does so before it reads a body', async () => {
    const address = await start({ concurrency: 1, queue: 0 });
    const first = send(address, await body());
    await until(() => fake.model.looking === 1);
    const { port } = new URL(address);
    const received = await new Promise<string>((resolve) => {
      const socket = connect(Number(port), '127.0.0.1');
      socket.once('data', (data) => {
        resolve(data.toString());
        socket.destroy();
      });
      socket.write(
        'POST /v1/detect HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n' +
          'content-length: 1000000\r\n\r\n',
      );
    });
    expect(received).toMatch(/^HTTP\/1.1 503 /);
    for (const one of open.splice(0)) one();
    expect((await first).status).toBe(200);
  });

  test('turns away what would not fit into memory', async () => {
    const content = await body();
    const address = await start({ heldBytes: 100 * 1024 });
    const first = send(address, content);
    await until(() => fake.model.looking === 1);
    expect((await send(address, content)).status).toBe(503);
    for (const one of open.splice(0)) one();
    expect((await first).status).toBe(200);
  });

  test('drops requests whose clients have gone', async () => {
    const address = await start({ concurrency: 1, queue: 5 });
    const content = await body();
    const first = send(address, content);
    await until(() => fake.model.looking === 1);
    const controller = new AbortController();
    const gone = send(address, content, controller.signal).catch(() => 'gone');
    let queue = {};
    const wait = async (waiting: number, requests: number) => {
      do queue = await queueOf(address);
      while (JSON.stringify(queue) !== JSON.stringify({ requests, waiting, running: 1 }));
    };
    await wait(1, 2);
    controller.abort();
    await wait(0, 1);
    expect(await gone).toBe('gone');
    for (const one of open.splice(0)) one();
    expect((await first).status).toBe(200);
    expect(fake.model.encodedSizes).toHaveLength(1);
  });

  test('finishes what is under way when it is closed, and refuses the rest', async () => {
    const address = await start({ concurrency: 1, queue: 5 });
    const content = await body();
    const under_way = [send(address, content), send(address, content)];
    await until(() => fake.model.looking === 1);
    const closing = closeGracefully(fake.server);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await expect(send(address, content)).rejects.toThrow();
    for (const one of open.splice(0)) one();
    for (const answer of await Promise.all(under_way)) expect(answer.status).toBe(200);
    await closing;
  });

  test('does not wait for ever when it is closed', async () => {
    const address = await start({ concurrency: 1, queue: 5 });
    const cut = send(address, await body()).catch(() => 'cut');
    await until(() => fake.model.looking === 1);
    const closing = closeGracefully(fake.server, 50);
    expect(await cut).toBe('cut');
    for (const one of open.splice(0)) one();
    await closing;
  });
});

describe('texts', () => {
  let fake: TestServer;
  const isAsked = (texts: readonly string[]) => texts.some((text) => /thing . \d/.test(text));
  /** Lets the next piece be encoded. */
  const next: (() => void)[] = [];
  beforeEach(() => {
    fake = testServer();
    const encode = fake.model.textFeatures.bind(fake.model);
    fake.model.textFeatures = async (texts) => {
      if (isAsked(texts)) await new Promise<void>((resolve) => next.push(resolve));
      return encode(texts);
    };
  });
  afterEach(() => fake.server.close());

  const ask = async (prompts: object[], signal?: AbortSignal) => {
    const base64 = (await picture()).toString('base64');
    return fake.server.inject({
      ...{ method: 'POST', url: '/v1/detect', payload: { image: { base64 }, prompts }, signal },
    });
  };
  const prompt = (label: string, count: number) => ({
    ...{ label, phrasings: Array.from({ length: count }, (_, i) => `thing ${label} ${i}`) },
  });

  test('of one request do not keep those of another waiting', async () => {
    const many = ask([prompt('a', 100), prompt('b', 20)]);
    await until(() => next.length === 1);
    const few = ask([prompt('c', 2), prompt('d', 1)]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    let answered = 0;
    for (const one of [few, many]) one.then(() => answered++);
    while (answered < 2) {
      next.shift()?.();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const pieces = fake.model.textCalls.filter(isAsked).map(([text]) => /thing (.)/.exec(text)![1]);
    expect(pieces.indexOf('d')).toBeLessThan(4);
    expect(pieces.filter((one) => one === 'a').length).toBeGreaterThan(4);
    expect((await few).statusCode).toBe(200);
    expect((await many).statusCode).toBe(200);
  });
});

test('requests that arrive while the server is being closed are answered 503', async () => {
  const { server } = testServer();
  const { port } = new URL(await listening(server));
  const socket = connect(Number(port), '127.0.0.1');
  const received = new Promise<string>((resolve) => {
    let text = '';
    socket.on('data', (data) => {
      text += data;
    });
    socket.on('close', () => resolve(text));
  });
  // One that has begun, so that its connection is not closed at once.
  await new Promise<void>((resolve) =>
    socket.write('GET /v1/settings HTTP/1.1\r\n', () => resolve()),
  );
  await new Promise((resolve) => setTimeout(resolve, 50));
  const closing = closeGracefully(server);
  await new Promise((resolve) => setTimeout(resolve, 50));
  socket.write('host: localhost\r\n\r\n');
  expect(await received).toMatch(/^HTTP\/1.1 503 .*\r\nretry-after: .*being stopped/s);
  await closing;
});

describe('bodies that do not come', () => {
  const head = (length: number, path = '/v1/detect') =>
    `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`;
  const MiB = 2 ** 20;

  /** Begins requests and does not end them. @returns what is told to each. */
  async function stall(address: string, count: number, bytes: number): Promise<string[]> {
    const told: string[] = [];
    const { port } = new URL(address);
    for (let i = 0; i < count; i++) {
      const socket = connect(Number(port), '127.0.0.1');
      socket.on('data', (data) => {
        told[i] = data.toString().split('\r\n')[0];
      });
      socket.on('error', () => {});
      await new Promise<void>((resolve) => {
        socket.write(head(16 * MiB));
        socket.write(Buffer.alloc(bytes, 32), () => resolve());
      });
    }
    return told;
  }
  const ask = (address: string) =>
    fetch(`${address}/v1/embed`, {
      ...{ method: 'POST', body: '{"texts": ["cat"]}' },
      headers: { 'content-type': 'application/json' },
    });

  test('take no place in the queue, and no more memory than came', async () => {
    const fake = testServer({ limits: { concurrency: 1, queue: 0, heldBytes: 20 * MiB } });
    const address = await listening(fake.server);
    await stall(address, 20, 1000);
    expect((await ask(address)).status).toBe(200);
    await closeGracefully(fake.server);
  });

  test('go first where there is no room, the oldest before the others', async () => {
    const fake = testServer({ limits: { heldBytes: 4 * MiB } });
    const address = await listening(fake.server);
    const told = await stall(address, 4, MiB);
    expect((await ask(address)).status).toBe(200);
    const closing = closeGracefully(fake.server);
    await until(() => told.length > 0, 10_000);
    expect(told[0]).toMatch(/^HTTP\/1.1 503/);
    await closing;
  }, 20_000);
});

test('connections on which nothing is said do not keep a server that is closed', async () => {
  const { server } = testServer();
  const { port } = new URL(await listening(server));
  const closed = [0, 1].map((i) => {
    const socket = connect(Number(port), '127.0.0.1', () => i && socket.write('GET / HT'));
    // It may be cut off while it still sends.
    socket.on('error', () => {});
    return new Promise<void>((resolve) => socket.on('close', () => resolve()));
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  await closeGracefully(server);
  await Promise.all(closed);
});

test('what takes longer than a request may is refused, or cut off where nothing looks at the time', async () => {
  const fake = testServer({ limits: { answerMs: 100 } });
  const open = fake.model.close();
  const address = await listening(fake.server);
  const base64 = (await picture()).toString('base64');
  const asked = fetch(`${address}/v1/detect`, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
    body: JSON.stringify({ image: { base64 }, prompts: ['red cat'] }),
  });
  const outcome = await asked.then(
    ({ status }) => status,
    () => 'cut off',
  );
  expect([503, 'cut off']).toContain(outcome);
  open();
  await closeGracefully(fake.server);
});
