import { request as httpRequest } from 'node:http';
import { type Agent, request } from 'undici';
import type { Random } from '../../src/random.js';
import type { LoadRequest, LoadRequests } from './requests.js';

/** What became of the requests of one kind. */
export interface Outcomes {
  answered: number;
  /** 503, with a time to come again. */
  shed: number;
  /** Of requests whose clients went. */
  gone: number;
  /** Whatever may not be, each once, with how often. */
  wrong: Map<string, number>;
  /** From the request to the end of its answer, of those that were answered. */
  seconds: number[];
}

export interface ClientOptions {
  address: string;
  agent: Agent;
  requests: LoadRequests;
  random: Random;
  /** When it sends no further request, as `performance.now()` has it. */
  end: number;
  outcomes: Map<string, Outcomes>;
}

/** One request of so many is malformed. */
const malformedShare = 0.1;
const mostPauseMs = 5000;

/** Sends one request after the other; after a 503 it waits as long as it is told to. */
export async function runClient(options: ClientOptions): Promise<void> {
  const { random, requests, end, outcomes } = options;
  while (performance.now() < end) {
    const malformed = random.uniform() < malformedShare;
    const sent = random.pick(malformed ? requests.malformed : requests.wellFormed);
    const outcome = outcomes.get(sent.kind) ?? newOutcomes();
    outcomes.set(sent.kind, outcome);
    try {
      const pause = sent.aborted
        ? await sendHalf(options, sent)
        : await send(options, sent, outcome);
      if (sent.aborted) outcome.gone++;
      // Not all at the same moment.
      const wait = Math.min(pause * 1000, mostPauseMs) * (0.5 + random.uniform() / 2);
      if (wait > 0) await sleep(Math.min(wait, Math.max(end - performance.now(), 0)));
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      count(outcome, code ?? message);
      await sleep(100);
    }
  }
}

/** @returns the seconds after which to come again. */
async function send(
  { address, agent }: ClientOptions,
  { headers, body, status }: LoadRequest,
  outcome: Outcomes,
): Promise<number> {
  const start = performance.now();
  const answer = await request(`${address}/v1/detect`, {
    ...{ method: 'POST', headers, body, dispatcher: agent },
  });
  const content = (await answer.body.json()) as { results?: object[]; error?: { message: string } };
  const retryAfter = Number(answer.headers['retry-after']);
  if (answer.statusCode === 503 && retryAfter > 0 && content.error) {
    outcome.shed++;
    return retryAfter;
  }
  const complete = status === 200 ? content.results?.length === 1 : content.error !== undefined;
  if (answer.statusCode === status && complete) {
    outcome.answered++;
    outcome.seconds.push((performance.now() - start) / 1000);
  } else {
    count(outcome, `${answer.statusCode} ${content.error?.message ?? ''}`.slice(0, 100));
  }
  return 0;
}

/** Goes in the middle of a body. */
function sendHalf({ address }: ClientOptions, { headers, body }: LoadRequest): Promise<number> {
  return new Promise((resolve) => {
    const sent = httpRequest(`${address}/v1/detect`, {
      method: 'POST',
      headers: { ...headers, 'content-length': body.length },
    });
    sent.on('error', () => resolve(0));
    sent.on('close', () => resolve(0));
    sent.write(body.subarray(0, body.length >> 1), () => setTimeout(() => sent.destroy(), 20));
  });
}

function newOutcomes(): Outcomes {
  return { answered: 0, shed: 0, gone: 0, wrong: new Map(), seconds: [] };
}

function count({ wrong }: Outcomes, what: string): void {
  wrong.set(what, (wrong.get(what) ?? 0) + 1);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
