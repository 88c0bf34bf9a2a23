import sharp from 'sharp';
import { picture, post, postForm, testServer } from './testServer.js';

const { server } = testServer({ limits: { prompts: 20 } });
afterAll(() => server.close());

const image = 'data:image/png;base64,AAAA';
const many = Array(21).fill('cat');
const json = (payload: string) => ({
  ...{ method: 'POST' as const, url: '/v1/detect', payload },
  headers: { 'content-type': 'application/json' },
});
const file = { name: 'image', content: 'x', filename: 'a.png' };
const field = (name: string, content: string) => ({ name, content });

test.each([
  [
    'too many prompts',
    post('/v1/detect', { image, prompts: many }),
    /^[^\n]*prompts: [^\n]*\b20\b/,
  ],
  [
    'too many prompts of a form',
    postForm('/v1/detect', [file, ...many.map((one) => field('prompts', one))]),
    /^[^\n]*prompts: [^\n]*\b20\b/,
  ],
  [
    'too many fields of a form',
    postForm('/v1/detect', [file, ...Array(40).fill(field('prompts', 'cat'))]),
    /\b30\b/,
  ],
  [
    'a text in the place of a picture',
    postForm('/v1/detect', [field('image', 'x'), field('prompts', 'cat')]),
    /^[^\n]*image: [^\n]*filename/,
  ],
  [
    'a key that is a prototype',
    json('{"image": "a", "prompts": ["a"], "options": {"thresholds": {"__proto__": 1}}}'),
    /"__proto__"/,
  ],
  [
    'one in a form',
    postForm('/v1/detect', [
      file,
      field('prompts', 'a'),
      field('options', '{"\\u005f_proto__": {"a": 1}}'),
    ]),
    /"__proto__"/,
  ],
  [
    'one of a constructor',
    json('{"image": "a", "prompts": [{"constructor": {"prototype": {}}}]}'),
    /"constructor\.prototype"/,
  ],
  [
    'a number beyond all bounds',
    post('/v1/detect', { image, prompts: ['cat'], options: { maxPerImage: 1e308 } }),
    /^[^\n]*maxPerImage: [^\n]*10000[^\n]*$/,
  ],
])('%s: what is wrong is told once, and by its name', async (_, request, message) => {
  const answer = await server.inject(request);
  expect([400, 413]).toContain(answer.statusCode);
  expect(answer.json().error.message).toMatch(message);
});

test('a picture of a form may say that it is one instead of having a filename', async () => {
  const answer = await server.inject(
    postForm('/v1/detect', [
      { name: 'image', content: await picture(), type: 'image/png' },
      field('prompts', 'red cat'),
    ]),
  );
  expect(answer.statusCode).toBe(200);
});

test.each(['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const)(
  'of a damaged %s it says so once',
  async (format) => {
    const noise = { type: 'gaussian' as const, mean: 128, sigma: 60 };
    const whole = await sharp({
      create: { width: 64, height: 64, channels: 3, background: 'grey', noise },
    })
      .toFormat(format)
      .toBuffer();
    for (const length of [20, 60, whole.length * 0.6]) {
      const base64 = whole.subarray(0, length).toString('base64');
      const answer = await server.inject(
        post('/v1/detect', { image: { base64 }, prompts: ['cat'] }),
      );
      expect(answer.statusCode).toBe(422);
      expect(answer.json().error.message).toMatch(/^the picture: (?!.*the picture)(?!.*\(\))/);
    }
  },
);
