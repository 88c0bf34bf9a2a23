import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { boxIou, boxToXyxy, scaleBox } from '../../../src/geometry/boxes.js';
import { cat, picture, post, postForm, type TestServer, testServer } from './testServer.js';

let fake: TestServer;
let file: Buffer;
let base64: string;
let pictures: Server;
let pictureUrl: string;

beforeAll(async () => {
  fake = testServer({ allowPrivateUrls: true });
  file = await picture();
  base64 = file.toString('base64');
  pictures = createServer((_, response) => response.end(file)).listen(0, '127.0.0.1');
  await new Promise((resolve) => pictures.once('listening', resolve));
  pictureUrl = `http://127.0.0.1:${(pictures.address() as AddressInfo).port}/a.png`;
});

afterAll(async () => {
  await fake.server.close();
  pictures.close();
});

const detect = (payload: object) => fake.server.inject(post('/v1/detect', payload));
const bad = (reason: string) => ({ code: 'bad_request', message: expect.stringContaining(reason) });

describe('a picture comes', () => {
  test.each<[string, () => unknown]>([
    ['as base64', () => ({ base64 })],
    ['as base64 in lines', () => ({ base64: base64.replace(/.{76}/g, '$&\n') })],
    ['as base64 for addresses', () => ({ base64: file.toString('base64url') })],
    ['as a data URI', () => `data:image/png;base64,${base64}`],
    ['by its address', () => pictureUrl],
    ['by an address in an object', () => ({ url: pictureUrl })],
  ])('%s', async (_, image) => {
    const answer = await detect({ image: image(), prompts: ['red cat'] });
    expect(answer.statusCode).toBe(200);
    const { model, results } = answer.json();
    expect(model).toBe('fake');
    expect(results).toHaveLength(1);
    expect(results[0]).toMatchObject({ width: 320, height: 240 });
    const [found] = results[0].detections;
    expect(found).toMatchObject({ label: 'red cat', score: expect.any(Number) });
    expect(boxIou(boxToXyxy(found.box), scaleBox(cat.box, 320, 240))).toBeGreaterThan(0.7);
  });

  test.each([
    ['a field for each prompt', ['red cat', 'grey dog']],
    ['prompts as a list', ['["red cat", {"label": "Dog", "phrasings": ["grey dog"]}]']],
  ])('in a form, with %s', async (_, prompts) => {
    const answer = await fake.server.inject(
      postForm('/v1/detect', [
        { name: 'image', content: file, filename: 'a.png' },
        ...prompts.map((content) => ({ name: 'prompts', content })),
        { name: 'options', content: '{"threshold": 0.4}' },
      ]),
    );
    expect(answer.json().results[0].detections).toHaveLength(2);
  });

  test.each<[string, object]>([
    ['a field', {}],
    ['a file, as browsers send a Blob', { filename: 'blob' }],
  ])('in a form whose other parts are typed as JSON, each %s', async (_, more) => {
    const typed = (name: string, value: unknown) => ({
      ...{ name, content: JSON.stringify(value), type: 'application/json', ...more },
    });
    const answer = await fake.server.inject(
      postForm('/v1/detect', [
        { name: 'image', content: file, filename: 'a.png', type: 'image/png' },
        typed('prompts', ['red cat', 'grey dog']),
        typed('options', { threshold: 0.4 }),
      ]),
    );
    expect(answer.json().results[0].detections).toHaveLength(2);
    const broken = { ...typed('options', 0), content: '{"threshold"' };
    const refused = await fake.server.inject(
      postForm('/v1/detect', [{ name: 'image', content: file, filename: 'a.png' }, broken]),
    );
    expect(refused.statusCode).toBe(400);
  });

  test('turned as its EXIF orientation says', async () => {
    const sharp = (await import('sharp')).default;
    const turned = await sharp(file).jpeg().withMetadata({ orientation: 6 }).toBuffer();
    const answer = await detect({ image: { base64: turned.toString('base64') }, prompts: ['cat'] });
    expect(answer.json().results[0]).toMatchObject({ width: 240, height: 320 });
  });
});

describe('several pictures', () => {
  test('each has its result, in their order; a bad one its error', async () => {
    const other = (await picture(200, 300)).toString('base64');
    const images = [{ base64 }, { base64: 'aGVsbG8=' }, { base64: other }, 'ftp://x/y'];
    const answer = await detect({ images, prompts: ['red cat'] });
    expect(answer.statusCode).toBe(200);
    expect(answer.json().results).toEqual([
      expect.objectContaining({ width: 320, height: 240 }),
      { error: { code: 'bad_image', message: expect.any(String) } },
      expect.objectContaining({ width: 200, height: 300 }),
      { error: bad('http(s) address') },
    ]);
  });

  test('may come in a form', async () => {
    const image = { name: 'image', content: file, filename: 'a.png' };
    const answer = await fake.server.inject(
      postForm('/v1/detect', [image, image, { name: 'prompts', content: 'cat' }]),
    );
    expect(answer.json().results).toHaveLength(2);
  });
});

describe('prompts and options', () => {
  test('a prompt may have a name, phrasings and a threshold of its own', async () => {
    const prompt = { label: 'Pet', phrasings: ['kitten', 'red cat'], threshold: 0.3 };
    const find = async (threshold: number) => {
      const prompts = [{ ...prompt, threshold }];
      const answer = await detect({ image: { base64 }, prompts });
      return answer.json().results[0].detections;
    };
    expect((await find(0.3))[0]).toMatchObject({ label: 'Pet' });
    expect(await find(1)).toEqual([]);
  });

  test('options are those of the detector', async () => {
    const options = { threshold: 0.1, maxPerImage: 1, thresholds: { 'red cat': 1 } };
    const answer = await detect({ image: { base64 }, prompts: ['red cat', 'grey dog'], options });
    expect(answer.json().results[0].detections).toEqual([
      expect.objectContaining({ label: 'grey dog' }),
    ]);
  });

  test.each<[string, object, string]>([
    ['no prompts', { prompts: undefined }, 'prompts: is missing'],
    ['an empty list of prompts', { prompts: [] }, 'prompts'],
    ['a blank prompt', { prompts: ['  '] }, 'is empty'],
    ['a prompt that is too long', { prompts: ['x'.repeat(1001)] }, 'prompts'],
    ['too many prompts', { prompts: Array(201).fill('cat') }, 'prompts'],
    ['half a character in a prompt', { prompts: ['a\ud83d'] }, 'half a character'],
    [
      'half a character in a label',
      { prompts: [{ label: '\ud83d', phrasings: ['a'] }] },
      'half a character',
    ],
    ['a prompt that was no text before', { prompts: ['caf\ufffd'] }, 'no valid text'],
    ['no picture', { image: undefined }, 'give one of image and images'],
    ['two ways of giving pictures', { images: ['x'] }, 'give one of image and images'],
    ['too many pictures', { image: undefined, images: Array(17).fill('http://a/b') }, 'images'],
    ['an unknown option', { options: { treshold: 1 } }, 'options.treshold'],
    ['a threshold above 1', { options: { threshold: 2 } }, 'options.threshold'],
    ['a threshold of another label', { options: { thresholds: { x: 1 } } }, 'no prompt has'],
    ['tiny tiles', { options: { tiles: { size: 8 } } }, 'tiles'],
    ['an unknown field', { colour: 1 }, 'colour: there is no such field'],
    ['a picture that is a number', { image: 5 }, 'image'],
    ['a file’s path', { image: '/etc/passwd' }, 'http(s) address'],
    ['a path as address', { image: { url: 'file:///etc/passwd' } }, 'http(s) address'],
    ['other characters in base64', { image: { base64: '<svg>' } }, 'other characters'],
    ['a data URI without base64', { image: 'data:text/plain,hello' }, 'base64'],
  ])('%s: refused', async (_, change, message) => {
    const answer = await detect({ image: { base64 }, prompts: ['cat'], ...change });
    expect(answer.json()).toEqual({ error: bad(message) });
    expect(answer.statusCode).toBe(400);
  });

  test('bytes that are not in UTF-8 are refused, in JSON and in a form', async () => {
    const wrong = Buffer.from([0x63, 0xff]);
    const json = Buffer.concat([Buffer.from('{"prompts": ["'), wrong, Buffer.from('"]}')]);
    const headers = { 'content-type': 'application/json' };
    const asked = { method: 'POST' as const, url: '/v1/detect', payload: json, headers };
    const image = { name: 'image', content: file, filename: 'a.png' };
    const form = postForm('/v1/detect', [image, { name: 'prompts', content: wrong }]);
    const [body, field] = [await fake.server.inject(asked), await fake.server.inject(form)];
    expect([body.statusCode, field.statusCode]).toEqual([400, 400]);
    expect(body.json()).toEqual({ error: bad('The body is not a text in UTF-8') });
    expect(field.json()).toEqual({ error: bad('The field prompts is not a text in UTF-8') });
  });

  test('tiles are allowed up to a number', async () => {
    const large = (await picture(1000, 1000)).toString('base64');
    const ask = (size: number) =>
      detect({ image: { base64: large }, prompts: ['cat'], options: { tiles: { size } } });
    expect((await ask(600)).statusCode).toBe(200);
    const refused = await ask(64);
    expect(refused.statusCode).toBe(400);
    expect(refused.json()).toEqual({ error: bad('tiles') });
  });
});
