import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { Agent } from 'undici';
import { createRandom } from '../../src/random.js';
import { markdownTable } from '../markdown.js';
import { type Outcomes, runClient } from './client.js';
import { attackServer, type HostileOutcome } from './hostile.js';
import { type MemorySample, sampleMemory, slopePerMinute } from './memory.js';
import { loadRequests } from './requests.js';
import { ServerProcess } from './serverProcess.js';

const usage = `Usage: npm run bench:server -- [options]

Starts fgdet serve on this machine, tries on it what a hostile client may, and then lets many clients ask it at once, a
tenth of their requests malformed. It must stay up, keep nobody waiting for what it refuses, answer every well-formed
request or turn it away with 503, and keep its memory.

  --seconds 300   how long, at most 3600
  --clients 200   how many, at most 1000
  --model <name>  if absent, the model that ships with fgdet
  --batch <n>     as of fgdet serve
  --json          one machine-readable result instead of the tables`;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '300' },
    clients: { type: 'string', default: '200' },
    model: { type: 'string' },
    batch: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const [seconds, clients] = [Number(values.seconds), Number(values.clients)];
if (values.help || !(seconds > 0 && seconds <= 3600) || !(clients >= 1 && clients <= 1000)) {
  console.error(usage);
  process.exit(values.help ? 0 : 1);
}

const sampleEverySeconds = 10;
/** While a server refuses what is hostile. */
const [mostHealthSeconds, mostHonestSeconds] = [1, 5];

const { model, batch } = values;
const server = new ServerProcess([
  ...(model === undefined ? [] : [`--model=${model}`]),
  ...(batch === undefined ? [] : [`--batch=${batch}`]),
]);
const agent = new Agent({ connections: clients, headersTimeout: 120_000, bodyTimeout: 120_000 });
const outcomes = new Map<string, Outcomes>();
const samples: MemorySample[] = [];
let attacks: HostileOutcome[] = [];
let ended = false;
let status: number | string;
try {
  const address = await server.ready();
  const random = createRandom(0);
  const requests = await loadRequests(random);
  attacks = await attackServer(address, requests.wellFormed[0]);
  const start = performance.now();
  const elapsed = () => (performance.now() - start) / 1000;
  samples.push(await sampleMemory(address, 0));
  const timer = setInterval(async () => {
    // A server that has ended is told of below.
    const sample = await sampleMemory(address, elapsed()).catch(() => undefined);
    if (sample) samples.push(sample);
    const answered = [...outcomes.values()].reduce((sum, one) => sum + one.answered, 0);
    console.error(
      `${elapsed().toFixed(0)} s: ${answered} answered, ${sample?.resident.toFixed(0)} MiB`,
    );
  }, sampleEverySeconds * 1000);
  const end = start + seconds * 1000;
  await Promise.all(
    Array.from({ length: clients }, (_, i) =>
      runClient({ address, agent, requests, random: random.fork(i), end, outcomes }),
    ),
  );
  clearInterval(timer);
  ended = server.hasEnded;
  if (!ended) samples.push(await sampleMemory(address, elapsed()));
} finally {
  await agent.close();
  status = await server.stop();
}

const wrong = [...outcomes].flatMap(([kind, outcome]) =>
  [...outcome.wrong].map(([what, times]) => `${kind}: ${what} (${times})`),
);
for (const { name, health, honest } of attacks) {
  if (health > mostHealthSeconds) wrong.push(`${name}: /health took ${health.toFixed(1)} s`);
  if (!(honest <= mostHonestSeconds)) wrong.push(`${name}: a picture took ${honest.toFixed(1)} s`);
}
if (ended) wrong.push(`The server ended by itself: ${server.told.slice(-2000)}`);
if (status !== 0) wrong.push(`The server ended with ${status}.`);

if (values.json) {
  const kinds = Object.fromEntries(
    [...outcomes].map(([kind, { seconds: _, wrong: __, ...counts }]) => [kind, counts]),
  );
  console.log(JSON.stringify({ seconds, clients, attacks, kinds, samples, wrong }, null, 2));
} else {
  show();
}
process.exitCode = wrong.length > 0 ? 1 : 0;

function show(): void {
  const machine = `${cpus()[0].model}, ${availableParallelism()} cores, Node.js ${process.versions.node}`;
  console.log(`${machine}\n`);
  const attacked = ['attack', 'answers', 'seconds', 'longest /health', 'a picture', 'MiB more'];
  const attackRows = attacks.map(({ name, answers, seconds, health, honest, grown }) => [
    name,
    Object.entries(answers)
      .map(([answer, count]) => (count === 1 ? answer : `${count} x ${answer}`))
      .join(', '),
    ...[seconds, health, honest].map((value) => value.toFixed(2)),
    grown.toFixed(0),
  ]);
  console.log(`${markdownTable(attacked, attackRows)}\n`);
  console.log(`${clients} clients for ${seconds} s\n`);
  const header = [
    'requests',
    'answered',
    'turned away (503)',
    'else',
    'median s',
    '95 % s',
    'per s',
  ];
  const rows = [...outcomes]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([kind, { answered, shed, gone, wrong, seconds: times }]) => {
      const sorted = times.toSorted((a, b) => a - b);
      const at = (share: number) =>
        sorted.length > 0 ? sorted[Math.floor((sorted.length - 1) * share)].toFixed(2) : '';
      const others = [...wrong.values()].reduce((sum, times) => sum + times, gone);
      const counts = [answered, shed, others].map(String);
      return [kind, ...counts, at(0.5), at(0.95), (answered / seconds).toFixed(1)];
    });
  console.log(`${markdownTable(header, rows)}\n`);
  const memory = samples.map(({ seconds, resident, heap, external }) =>
    [seconds, resident, heap, external].map((value) => value.toFixed(0)),
  );
  console.log(`${markdownTable(['second', 'resident MiB', 'heap', 'buffers'], memory)}\n`);
  const slope = slopePerMinute(samples).toFixed(1);
  console.log(`Growth over the last two thirds: ${slope} MiB a minute.`);
  console.log(wrong.length > 0 ? `\nWrong:\n${wrong.join('\n')}` : '\nNothing was wrong.');
}
