import { UserError } from '../../../src/errors.js';
import {
  ChatEndpoint,
  type EndpointConfig,
  endpointSchema,
} from '../../../training/construction/chatEndpoint.js';
import { type Counts, Rejected, Unanswered } from '../../../training/construction/step.js';
import { type Answer, complete, FakeServer, failing } from './fakeServer.js';

let server: FakeServer | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

/** What an endpoint gets from a server that answers one thing after the other, the last one from then on. */
async function ask(answers: Answer[], config: Partial<EndpointConfig> = {}) {
  server = new FakeServer((_, n) => answers[Math.min(n, answers.length - 1)]);
  const url = await server.start();
  const endpoint = new ChatEndpoint(endpointSchema.parse({ url, model: 'm', ...config }));
  const counts: Counts = {};
  const answer = endpoint.ask({ text: 'what?' }, counts);
  return { answer, counts };
}

const cutOff: Answer = (response) => {
  response.setHeader('content-type', 'application/json');
  response.end('{"choices": [{"message": {"con');
};

describe('a chat server', () => {
  test('is asked as the config says, and its tokens are counted', async () => {
    const { answer, counts } = await ask(['this'], { parameters: { temperature: 0.5 } });
    expect(await answer).toBe('this');
    expect(counts).toEqual({ requests: 1, 'tokens in': 100, 'tokens out': 10 });
    expect(server?.asked[0].body).toMatchObject({ model: 'm', temperature: 0.5 });
  });

  test('that is busy, fails or breaks off is asked again', async () => {
    const broken: Answer = (response) => response.destroy();
    const { answer } = await ask([failing(429), failing(500), failing(503), broken, 'at last']);
    expect(await answer).toBe('at last');
    expect(server?.asked).toHaveLength(5);
  });

  test('that is too slow is asked again, and given up on in the end', async () => {
    const slow: Answer = () => {};
    const config = { timeoutSeconds: 0.05, retries: 1 };
    const { answer } = await ask([slow], config);
    await expect(answer).rejects.toThrow(Unanswered);
    // Jest's own Error class hides the reason from the client here.
    await expect(answer).rejects.toThrow(/is too slow|does not answer/);
    expect(server?.asked).toHaveLength(2);
  });

  test.each<[string, Answer, typeof UserError, RegExp]>([
    ['that stays busy', failing(429), Unanswered, /does not answer \(429/],
    ['that sends half an answer', cutOff, Unanswered, /sends a broken answer/],
    ['whose answer is cut off', (r) => complete(r, '{"a', 'length'), Rejected, /was cut off/],
    ['that says nothing', ' ', Rejected, /was empty/],
    ['that refuses a request', failing(400, 'image too large'), Rejected, /image too large/],
    ['that wants another key', failing(401, 'bad key'), UserError, /401 bad key/],
    ['that lacks the model', failing(404, 'no model m'), UserError, /404 no model m/],
  ])('%s is told', async (_, answerGiven, type, message) => {
    const { answer } = await ask([answerGiven], { retries: 1 });
    const error = await answer.catch((reason) => reason);
    expect(error.constructor).toBe(type);
    expect(error.message).toMatch(message);
  });

  test('that is not there is told', async () => {
    server = new FakeServer(() => '');
    const url = await server.start();
    await server.stop();
    const endpoint = new ChatEndpoint(endpointSchema.parse({ url, model: 'm', retries: 0 }));
    await expect(endpoint.ask({ text: 'x' }, {})).rejects.toThrow(/127.0.0.1.*ECONNREFUSED/);
  });

  test('gets the key of a variable, and no more requests a minute than it takes', async () => {
    process.env.FGDET_TEST_KEY = 'secret';
    server = new FakeServer(() => 'x');
    const url = await server.start();
    const limits = { keyVariable: 'FGDET_TEST_KEY', requestsPerMinute: 600 };
    const config = endpointSchema.parse({ url, model: 'm', ...limits });
    const endpoint = new ChatEndpoint(config);
    const start = performance.now();
    await Promise.all([1, 2, 3].map(() => endpoint.ask({ text: 'x' }, {})));
    // Three of ten a second: the third begins a fifth of a second after the first.
    expect(performance.now() - start).toBeGreaterThan(190);
    expect(server.asked[0].headers.authorization).toBe('Bearer secret');
    delete process.env.FGDET_TEST_KEY;
    expect(() => new ChatEndpoint(config)).toThrow(/FGDET_TEST_KEY/);
  });
});
