import { isDeepStrictEqual } from 'node:util';
import type { ProposeAgain } from '../../../app/server/reviewRound.js';
import { UserError } from '../../../src/errors.js';
import { FakeReview } from './fakeReview.js';
import { post, type TestServer, testServer } from './testServer.js';

let review: FakeReview;
let started: TestServer;
let propose: ProposeAgain;
beforeEach(() => {
  review = new FakeReview();
  started = testServer({ review, proposeAgain: (...given) => propose(...given) });
});
afterEach(() => started.server.close());

const ask = (method: 'GET' | 'POST' | 'DELETE') =>
  started.server.inject({ method, url: '/v1/review/round' });
const state = async () => (await ask('GET')).json();
/** Waits until a round has come so far. */
async function stateIs(expected: object): Promise<void> {
  for (let left = 600; left > 0; left--) {
    if (isDeepStrictEqual(await state(), expected)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect(await state()).toEqual(expected);
}

const box = { xmin: 300, ymin: 120, xmax: 450, ymax: 300 };

test('more like a box of a picture, and not the box itself', async () => {
  const more = (payload: object) => started.server.inject(post('/v1/review/0/more', payload));
  const answer = await more({ label: 'bell', box });
  expect(answer.statusCode).toBe(200);
  for (const found of answer.json().boxes) {
    expect(found).toMatchObject({ label: 'bell', score: expect.any(Number) });
  }
  expect((await more({ label: 'bell', box: { ...box, xmax: 900 } })).json().error.message).toMatch(
    /no box inside the picture of 640 x 480/,
  );
  const nowhere = await started.server.inject(post('/v1/review/9/more', { label: 'bell', box }));
  expect(nowhere.statusCode).toBe(404);
});

test('a round goes on in the background, one at a time', async () => {
  let end = () => {};
  let rounds = 0;
  propose = async (folder, { onProgress }) => {
    rounds++;
    const paths = [review.path(0), review.path(1)];
    for await (const { index, width } of folder.detectEach(paths, ['red cat'])) {
      expect(width).toBe(640);
      onProgress?.(index + 1, 2);
    }
    await new Promise<void>((resolve) => {
      end = resolve;
    });
  };
  expect((await started.server.inject('/v1/settings')).json()).toMatchObject({ rounds: true });
  expect(await state()).toEqual({ state: 'idle', done: 0, total: 0 });
  expect((await ask('POST')).statusCode).toBe(202);
  expect((await ask('POST')).json().state).toBe('looking');
  await stateIs({ state: 'looking', done: 2, total: 2 });
  end();
  await stateIs({ state: 'done', done: 2, total: 2 });
  expect(rounds).toBe(1);
});

test('what fails is told: what people can mend in its words, anything else in the log', async () => {
  propose = async () => {
    throw new UserError('Look some pictures through first.');
  };
  await ask('POST');
  expect(await state()).toMatchObject({ state: 'failed', message: expect.stringMatching(/first/) });
  propose = async () => {
    throw new TypeError('secret');
  };
  await ask('POST');
  expect(await state()).toMatchObject({ state: 'failed', message: expect.stringMatching(/log/) });
  expect(started.lines.join()).toMatch(/secret/);
});

test('it can be stopped', async () => {
  propose = (_folder, { signal }) =>
    new Promise((_resolve, reject) => {
      signal!.addEventListener('abort', () => reject(signal!.reason));
    });
  await ask('POST');
  expect((await ask('DELETE')).statusCode).toBe(204);
  await new Promise(setImmediate);
  expect(await state()).toMatchObject({ state: 'idle' });
});
