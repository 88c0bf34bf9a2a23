import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { createServer } from '../../../app/server/server.js';
import type { Detector } from '../../../detectors/detector.js';
import { savedExamples } from '../../../detectors/examplesFile.js';
import { loadDetector } from '../../../detectors/loadDetector.js';
import { packageRoot } from '../../../src/files/packageRoot.js';
import { post, testServer } from './testServer.js';

const far = 'a blorpfizz';
const image = {
  base64: readFileSync(join(packageRoot, 'samples/coffee.jpg')).toString('base64'),
};
const advice = [{ label: far, message: expect.stringMatching(/is far from every name/) }];

let detector: Detector;
let server: FastifyInstance;
beforeAll(async () => {
  detector = await loadDetector();
  server = createServer({ detector, model: 'models/photos' });
});
afterAll(async () => {
  await server.close();
  await detector.dispose();
});

const ask = async (path: string, body: object) => {
  const answer = await server.inject(post(path, body));
  return { status: answer.statusCode, ...answer.json() };
};

test('answers tell of names that the model knows too little about', async () => {
  const prompts = ['a cup of coffee', far];
  const found = [expect.objectContaining({ label: 'a cup of coffee' })];
  const answer = await ask('/v1/detect', { image, prompts });
  expect(answer).toMatchObject({ status: 200, advice, results: [{ detections: found }] });
  const several = await ask('/v1/detect', { images: [image, { base64: 'aGVsbG8=' }], prompts });
  expect(several).toMatchObject({ status: 200, advice, results: [{}, { error: {} }] });
  const { id } = await ask('/v1/pictures', { image });
  const kept = await ask(`/v1/pictures/${id}/detect`, { prompts });
  expect(kept).toMatchObject({ status: 200, advice, detections: found });
  const known = await ask(`/v1/pictures/${id}/detect`, { prompts: ['a cup of coffee'] });
  expect(known.advice).toEqual([]);
});

test('what it cannot do is told before and when it is asked for', async () => {
  const settings = (of: FastifyInstance) => of.inject({ url: '/v1/settings' });
  expect((await settings(server)).json().heatmaps).toBe(false);
  expect((await settings(testServer().server)).json().heatmaps).toBe(true);
  const { id } = await ask('/v1/pictures', { image });
  expect(await ask(`/v1/pictures/${id}/heatmap`, { phrase: 'a cup' })).toEqual({
    status: 400,
    error: { code: 'bad_request', message: expect.stringMatching(/no heat maps.*FG-CLIP/) },
  });
});

test('examples are what fgdet examples writes to a file, and find the like in another picture', async () => {
  const { id } = await ask('/v1/pictures', { image });
  const box = { xmin: 120, ymin: 60, xmax: 380, ymax: 300 };
  const { status, ...made } = await ask(`/v1/pictures/${id}/examples`, {
    label: 'Tasse',
    shown: [box],
  });
  const examples = await detector.examplesIn(join(packageRoot, 'samples/coffee.jpg'), {
    shown: [box],
  });
  expect(made).toEqual(savedExamples({ label: 'Tasse', phrasings: [], examples }));
  expect((await server.inject({ url: '/v1/settings' })).json().weights).toBe(made.model);
  const prompts = [{ label: 'Tasse', examples: [made] }];
  const { detections, advice } = await ask('/v1/detect', { image, prompts }).then(
    ({ results, advice }) => ({ ...results[0], advice }),
  );
  expect(detections[0].label).toBe('Tasse');
  expect(advice).toEqual([]);
});
