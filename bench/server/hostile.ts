import { connect } from 'node:net';
import sharp from 'sharp';
import { request } from 'undici';
import { sampleMemory } from './memory.js';
import type { LoadRequest } from './requests.js';

const MiB = 2 ** 20;

/** Something that a client may try, to keep a server from answering others or to fill its memory. */
interface HostileCase {
  name: string;
  /** Does it. @returns what it was answered, shortly. */
  attack(address: string): Promise<string[]>;
}

/** What came of it. */
export interface HostileOutcome {
  name: string;
  /** What it was answered, and how often. */
  answers: Record<string, number>;
  /** Until the last answer. */
  seconds: number;
  /** The longest that /health took meanwhile, in seconds. */
  health: number;
  /** How long a picture took that an honest client sent when the attack had begun, in seconds. */
  honest: number;
  /** By how much the resident memory has grown some seconds later, in MiB. */
  grown: number;
}

/** Lets a server be attacked in each way, one after the other. @param honest what an honest client asks. */
export async function attackServer(
  address: string,
  honest: LoadRequest,
): Promise<HostileOutcome[]> {
  const outcomes: HostileOutcome[] = [];
  // The model is compiled for a first picture.
  await ask(address, honest);
  for (const { name, attack } of await hostileCases()) {
    const { resident } = await sampleMemory(address, 0);
    const watch = watchHealth(address);
    const start = performance.now();
    const attacked = attack(address);
    await sleep(200);
    const seconds = await ask(address, honest);
    const answers: Record<string, number> = {};
    for (const answer of await attacked) answers[answer] = (answers[answer] ?? 0) + 1;
    const took = (performance.now() - start) / 1000;
    const health = await watch.end();
    await sleep(2000);
    const after = await sampleMemory(address, 0);
    const grown = after.resident - resident;
    outcomes.push({ name, answers, seconds: took, health, honest: seconds, grown });
    console.error(`${name}: ${Object.keys(answers).join(', ')} after ${took.toFixed(1)} s`);
  }
  return outcomes;
}

async function hostileCases(): Promise<HostileCase[]> {
  const text = (i: number) => Array.from({ length: 200 }, (_, k) => `w${i}k${k}`).join('|');
  const prompts = Array.from({ length: 200 }, (_, i) => ({ label: `l${i}`, phrasings: [text(i)] }));
  const scans = await manyScans(5000, 2000);
  const drawing = Buffer.from(
    '<!--ftypavif--><svg xmlns="http://www.w3.org/2000/svg" width="7000" height="7000"><filter id="f">' +
      `${'<feMorphology radius="20"/>'.repeat(50)}</filter><rect width="7000" height="7000" filter="url(#f)"/></svg>`,
  );
  const large = await sharp({
    create: { width: 4000, height: 3000, channels: 3, background: 'grey' },
  })
    .jpeg()
    .toBuffer();
  const huge = await sharp({
    create: { width: 7000, height: 7000, channels: 3, background: 'grey' },
  })
    .png()
    .toBuffer();
  const phrase = (i: number, k: number) => `a red wooden thing ${i} ${k}`;
  const phrasings = (client: number) =>
    Array.from({ length: 200 }, (_, i) => ({
      label: `l${i}`,
      phrasings: Array.from({ length: 5 }, (_, k) => phrase(200 * client + i, k)),
    }));
  const nameless = Buffer.from(
    `--XX\r\nContent-Type: image/jpeg\r\n\r\n${'a'.repeat(MiB)}\r\n--XX--\r\n`,
  );
  const form = { 'content-type': 'multipart/form-data; boundary=XX' };
  const labelled = (label: string) => ({
    tasks: [{ data: { image: 'data:image/png;base64,AAAA' } }],
    label_config:
      '<View><Image name="i" value="$image"/><RectangleLabels name="r" toName="i">' +
      `<Label value="${label}"/></RectangleLabels></View>`,
  });
  return [
    jsonCase('31 MiB of JSON keys', '/v1/detect', [
      `{"image":"a","prompts":["a"],"options":{"thresholds":${keys(31 * MiB)}}}`,
    ]),
    jsonCase('16 million nested lists', '/predict', [`{"tasks":${'['.repeat(16 * MiB)}`]),
    jsonCase('31 MiB of base64 and blanks', '/v1/detect', [
      `{"image":{"base64":"${'A '.repeat(15.5 * MiB)}"},"prompts":["a"]}`,
    ]),
    jsonCase('200 prompts of 200 phrasings', '/v1/detect', [
      JSON.stringify({ image: 'data:image/png;base64,AAAA', prompts }),
    ]),
    jsonCase('a label of 1 MiB', '/predict', [
      JSON.stringify(labelled('ab '.repeat(MiB / 3 - 200))),
    ]),
    jsonCase('a label of characters that stand for 18', '/predict', [
      JSON.stringify(labelled('\ufdfa'.repeat(900))),
    ]),
    jsonCase(
      '1,000 projects',
      '/setup',
      Array.from({ length: 1000 }, (_, i) =>
        JSON.stringify({ project: i, schema: labelled(`${'x'.repeat(900)}${i}`).label_config }),
      ),
    ),
    {
      name: 'form parts without a name',
      attack: (address) => all(8, () => post(address, '/v1/detect', form, nameless)),
    },
    {
      name: 'pictures of 2,000 scans',
      attack: (address) => all(4, () => post(address, '/v1/detect', form, pictureForm(scans))),
    },
    {
      name: 'drawings that begin like AVIF',
      attack: (address) => all(6, () => post(address, '/v1/detect', form, pictureForm(drawing))),
    },
    {
      name: 'clients that leave after a second',
      attack: (address) =>
        all(30, () => post(address, '/v1/detect', form, pictureForm(large), 1000)),
    },
    { name: '100 bodies that stop', attack: stall },
    {
      name: 'pictures of 49 megapixels',
      attack: (address) => all(10, () => post(address, '/v1/detect', form, pictureForm(huge))),
    },
    {
      name: '1,000 phrasings of six clients, who leave after ten seconds',
      attack: (address) =>
        all(6, (client) => {
          const body = { image: { base64: large.toString('base64') }, prompts: phrasings(client) };
          const json = { 'content-type': 'application/json' };
          return post(address, '/v1/detect', json, Buffer.from(JSON.stringify(body)), 10_000);
        }),
    },
    { name: 'clients that send on after a 413', attack: sendOn },
  ];
}

/** @param texts one after the other. */
function jsonCase(name: string, path: string, texts: readonly string[]): HostileCase {
  const bodies = texts.map((text) => Buffer.from(text));
  return {
    name,
    attack: async (address) => {
      const answers: string[] = [];
      for (const body of bodies) {
        answers.push(await post(address, path, { 'content-type': 'application/json' }, body));
      }
      return answers;
    },
  };
}

function keys(size: number): string {
  const fields: string[] = [];
  for (let i = 0, length = 0; length < size - 200; i++) {
    const field = `"${i.toString(36)}":9`;
    fields.push(field);
    length += field.length + 1;
  }
  return `{${fields.join(',')}}`;
}

/** A progressive JPEG whose last scan comes again and again. */
async function manyScans(side: number, scans: number): Promise<Buffer> {
  const file = await sharp({
    create: { width: side, height: side, channels: 3, background: 'grey' },
  })
    .jpeg({ progressive: true })
    .toBuffer();
  const last = file.lastIndexOf(Buffer.from([0xff, 0xda]));
  const scan = file.subarray(last, -2);
  return Buffer.concat([file.subarray(0, last), ...Array(scans).fill(scan), file.subarray(-2)]);
}

function pictureForm(picture: Buffer): Buffer {
  const part = (name: string) =>
    `--XX\r\nContent-Disposition: form-data; name="${name}"\r\nContent-Type: application/octet-stream\r\n\r\n`;
  const prompts = '--XX\r\nContent-Disposition: form-data; name="prompts"\r\n\r\na bell';
  return Buffer.concat([
    Buffer.from(part('image')),
    picture,
    Buffer.from(`\r\n${prompts}\r\n--XX--\r\n`),
  ]);
}

async function post(
  address: string,
  path: string,
  headers: Record<string, string>,
  body: Buffer,
  leaveAfterMs?: number,
): Promise<string> {
  const signal = leaveAfterMs === undefined ? undefined : AbortSignal.timeout(leaveAfterMs);
  try {
    const answer = await request(address + path, { method: 'POST', headers, body, signal });
    await answer.body.dump();
    return String(answer.statusCode);
  } catch (error) {
    return signal?.aborted ? 'left' : ((error as NodeJS.ErrnoException).code ?? 'no answer');
  }
}

/** Opens connections that announce 32 MiB each, send some, and leave after three seconds. */
async function stall(address: string): Promise<string[]> {
  return all(100, async () => {
    const { socket, told } = announce(address, 32 * MiB);
    socket.write(Buffer.alloc(MiB / 4, 32));
    await sleep(3000);
    socket.destroy();
    return told();
  });
}

/** Opens a connection that announces a body. @returns with `told`, the status that was answered, if one was. */
function announce(address: string, bytes: number) {
  const { port, hostname } = new URL(address);
  const socket = connect(Number(port), hostname);
  let status = 'left';
  socket.on('error', () => {});
  socket.on('data', (data) => {
    status = data.toString().slice(9, 12);
  });
  socket.write(
    `POST /v1/detect HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: application/json\r\nContent-Length: ${bytes}\r\n\r\n`,
  );
  return { socket, told: () => status };
}

/** Opens connections that announce more than is taken, and send it for ten seconds unless they are closed before. */
async function sendOn(address: string): Promise<string[]> {
  const bytes = Buffer.alloc(MiB);
  return all(4, async () => {
    const { socket, told } = announce(address, 2 ** 40);
    const end = performance.now() + 10_000;
    while (socket.writable && performance.now() < end) {
      if (!socket.write(bytes)) await sleep(1);
      if (socket.writableLength > 16 * MiB) await sleep(10);
    }
    const after = socket.writable ? ' and not closed' : '';
    socket.destroy();
    return told() + after;
  });
}

function all(count: number, one: (i: number) => Promise<string>): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, (_, i) => one(i)));
}

/** Seconds until an answer. */
async function ask(address: string, { headers, body, status }: LoadRequest): Promise<number> {
  const start = performance.now();
  const answer = await request(`${address}/v1/detect`, { method: 'POST', headers, body });
  await answer.body.dump();
  const seconds = (performance.now() - start) / 1000;
  return answer.statusCode === status ? seconds : Number.NaN;
}

/** Asks for /health again and again. `end` says how long the longest answer took, in seconds. */
function watchHealth(address: string) {
  let worst = 0;
  let watching = true;
  const watched = (async () => {
    while (watching) {
      const start = performance.now();
      await (await request(`${address}/health`)).body.dump();
      worst = Math.max(worst, (performance.now() - start) / 1000);
      await sleep(20);
    }
  })();
  return {
    async end(): Promise<number> {
      watching = false;
      await watched;
      return worst;
    },
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
