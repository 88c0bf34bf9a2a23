import { type SavedExamples, savedExamples } from '../../../detectors/examplesFile.js';
import { features } from '../../../detectors/features.js';
import { parseDetectorSettings } from '../../../detectors/settings.js';
import { boxIou, boxToXyxy, scaleBox, xyxyToBox } from '../../../src/geometry/boxes.js';
import { contrastDetector } from '../../detectors/contrastDetector.js';
import {
  cat,
  dog,
  GatedModel,
  picture,
  post,
  postForm,
  type TestServer,
  testServer,
} from './testServer.js';

let fake: TestServer;
let base64: string;
let id: string;
let ofCat: SavedExamples;

const boxOf = ({ box }: typeof cat) => xyxyToBox(scaleBox(box, 320, 240));
const ask = async (url: string, payload: object) => {
  const answer = await fake.server.inject(post(url, payload));
  return { status: answer.statusCode, ...answer.json() };
};
const detect = (prompts: unknown[], options = {}) =>
  ask(`/v1/pictures/${id}/detect`, { prompts, options });
const make = (payload: object) => ask(`/v1/pictures/${id}/examples`, payload);

/** So many unit vectors, all alike. */
function saved(count: number, dimension = 64): SavedExamples {
  const values = new Float32Array(count * dimension).map((_, i) => Number(i % dimension === 0));
  const none = features(new Float32Array(0), dimension);
  const shown = features(values, dimension);
  const examples = { model: '', shown, unlike: none, others: none };
  return savedExamples({ label: 'x', phrasings: [], examples });
}

function base64Of(...numbers: number[]): string {
  return Buffer.from(Float32Array.from(numbers).buffer).toString('base64');
}

/** Its own label "own" shows the cat. */
beforeAll(async () => {
  const file = await picture();
  const settings = parseDetectorSettings({ temperature: 30, scales: [1] });
  const examples = await contrastDetector(new GatedModel(), settings).examplesIn(file, {
    shown: [boxOf(cat)],
  });
  fake = testServer({
    labels: [{ name: 'own', phrasings: [], examples }],
    limits: { textBytes: 2 ** 16, exampleBytes: 2 ** 20 },
  });
  base64 = file.toString('base64');
  ({ id } = await ask('/v1/pictures', { image: { base64 } }));
  const { status, ...rest } = await make({ label: 'gadget', shown: [boxOf(cat)] });
  expect(status).toBe(200);
  ofCat = rest as SavedExamples;
});

afterAll(() => fake.server.close());

type Found = { label: string; box: ReturnType<typeof boxOf> };
const showsCat = ({ box }: Found) => boxIou(boxToXyxy(box), scaleBox(cat.box, 320, 240)) > 0.7;

describe('examples of a kept picture', () => {
  test('find the like of them, in JSON, in a form, and there', async () => {
    expect(ofCat).toMatchObject({ label: 'gadget', phrasings: [], dimension: 64, unlike: '' });
    const prompts = [{ label: 'gadget', examples: [ofCat] }];
    const { detections } = await detect(prompts);
    expect(detections.map(showsCat)).toEqual([true]);
    expect(detections[0].label).toBe('gadget');
    const json = await ask('/v1/detect', { image: { base64 }, prompts });
    expect(json.results[0].detections).toEqual(detections);
    const form = await fake.server.inject(
      postForm('/v1/detect', [
        { name: 'image', content: Buffer.from(base64, 'base64'), filename: 'a.png' },
        { name: 'prompts', content: JSON.stringify(prompts) },
      ]),
    );
    expect(form.json().results[0].detections).toEqual(detections);
  });

  test('count with words: those of the prompt, or else those that were saved', async () => {
    const score = async (more: object) => {
      const prompt = { label: 'gadget', threshold: 0.01, ...more };
      return (await detect([prompt])).detections[0].score;
    };
    const examples = [ofCat];
    const inWords = [{ ...ofCat, phrasings: ['tac'] }];
    const both = await score({ examples, phrasings: ['tac'] });
    expect(both).toBeLessThan(await score({ examples }));
    expect(await score({ examples: inWords })).toBe(both);
    expect(await score({ examples: inWords, phrasings: [] })).toBe(await score({ examples }));
  });

  test('are added to what there is, also what is not meant alone', async () => {
    const both = await make({ label: 'gadget', shown: [boxOf(dog)], examples: [ofCat] });
    expect(Buffer.from(both.shown, 'base64')).toHaveLength(2 * 4 * 64);
    const find = async (examples: SavedExamples) => {
      const prompts = [{ label: 'pet', threshold: 0.001, examples: [examples] }];
      return (await detect(prompts)).detections.map(showsCat).sort();
    };
    expect(await find(both)).toEqual([false, true]);
    const less = await make({ label: 'gadget', unlike: [boxOf(dog)], examples: [ofCat] });
    expect(Buffer.from(less.unlike, 'base64')).toHaveLength(4 * 64);
    expect(await find(less)).toEqual([true]);
  });
});

test("the server's own count wherever a label has their name, unless a request has others", async () => {
  const find = async (...prompts: unknown[]) => (await detect(prompts)).detections.map(showsCat);
  expect(await find('own')).toEqual([true]);
  expect(await find({ label: 'own' })).toEqual([true]);
  expect(await find('own thing')).toEqual([]);
  const { status: _, ...ofDog } = await make({ label: 'dog', shown: [boxOf(dog)] });
  expect(await find({ label: 'own', examples: [ofDog] })).toEqual([false]);

  const { server } = fake;
  const cvat = await server.inject(post('/cvat', { image: base64 }));
  expect(cvat.json()).toEqual([expect.objectContaining({ label: 'own' })]);
  const label_config =
    '<View><Image name="i" value="$i"/><RectangleLabels name="b" toName="i"><Label value="own"/></RectangleLabels></View>';
  const tasks = [{ id: 1, data: { i: `data:image/png;base64,${base64}` } }];
  const predicted = await ask('/predict', { tasks, label_config });
  expect(predicted.results[0].result).toHaveLength(1);
  expect((await server.inject({ url: '/v1/settings' })).json().labels).toEqual(['own']);
});

test.each<[string, () => unknown, string]>([
  ['another model', () => ({ ...ofCat, model: 'b2' }), 'made with another model (sha256 b2, not'],
  ['another width', () => saved(1, 32), 'have vectors of 32 numbers; those of the model have 64'],
  ['no whole vectors', () => ({ ...ofCat, dimension: 63 }), '[0]: shown must hold vectors of 63'],
  ['no vectors', () => ({ ...ofCat, shown: '' }), 'prompts[0].examples have no box that shows'],
  [
    'not numbers',
    () => ({ ...ofCat, others: base64Of(...Array(64).fill(NaN)) }),
    '[0]: others must',
  ],
  [
    'long vectors',
    () => ({ ...ofCat, unlike: base64Of(...Array(64).fill(1)) }),
    '[0]: unlike must',
  ],
  ['tiny vectors', () => ({ ...ofCat, unlike: base64Of(...Array(64).fill(1e-30)) }), 'unlike must'],
  ['no base64', () => ({ ...ofCat, shown: 'ä' }), 'prompts[0].examples[0].shown: '],
  ['another format', () => ({ ...ofCat, format: 'x' }), 'prompts[0].examples[0].format: '],
])('examples of %s are refused', async (_, wrong, message) => {
  const answer = await detect([{ label: 'gadget', examples: [wrong()] }]);
  expect(answer).toMatchObject({
    status: 400,
    error: { message: expect.stringContaining(message) },
  });
});

test.each<[string, object]>([
  ['nothing', {}],
  ['nothing that shows it', { label: 'a', unlike: [{ xmin: 0, ymin: 0, xmax: 9, ymax: 9 }] }],
  ['a box outside', { label: 'a', shown: [{ xmin: 400, ymin: 0, xmax: 500, ymax: 9 }] }],
  ['a box without area', { label: 'a', shown: [{ xmin: 9, ymin: 0, xmax: 9, ymax: 9 }] }],
  ['too many boxes', { label: 'a', shown: Array(51).fill({ xmin: 0, ymin: 0, xmax: 9, ymax: 9 }) }],
])('examples of %s are not made', async (_, payload) => {
  expect(await make(payload)).toMatchObject({ status: 400, error: { code: 'bad_request' } });
});

test('so much is taken of them, whatever is in it', async () => {
  const nothing = { label: 'a', phrasings: [] };
  expect(await detect([nothing])).toMatchObject({
    status: 400,
    error: { message: 'The label "a" has neither phrasings nor examples.' },
  });
  // As large as a label of FG-CLIP's, and more than other bodies may be.
  const large = saved(256, 512);
  expect((await detect([{ label: 'a', examples: [large] }])).error.message).toMatch(
    /vectors of 512 numbers/,
  );
  expect((await detect([{ label: 'a', examples: [large, large] }])).status).toBe(413);
  const halves = { ...ofCat, others: saved(1e4, 9).shown, unlike: saved(1e4, 11).shown };
  expect(await detect([{ label: 'a', examples: [halves] }])).toMatchObject({
    status: 413,
    error: { message: expect.stringMatching(/\d+ bytes of vectors/) },
  });
  const many = { ...saved(1001, 1), others: '' };
  expect((await detect([{ label: 'a', examples: [many] }])).error.message).toBe(
    'There are 1001 examples; at most 1000 are taken.',
  );
  const one = { label: 'a', examples: [ofCat] };
  expect((await detect(Array(201).fill(one))).status).toBe(400);
});
