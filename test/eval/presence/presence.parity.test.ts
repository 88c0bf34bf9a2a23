import { scorePresence } from '../../../eval/score/presenceScores.js';
import { readScoredFiles } from '../../../eval/score/scoredFiles.js';
import { goldenFile, goldenJson } from '../../golden.js';

const truths = { single: ['gt_0'], best_of_three: ['gt_0', 'gt_1', 'gt_2'] };

describe.each(['bbox', 'segm'])("SA-Co's measures of %s", (kind) => {
  test.each(Object.entries(truths))('%s', async (name, files) => {
    const path = (file: string) => goldenFile('presence', `${file}.json`);
    const judged = await Promise.all(
      files.map((file) => readScoredFiles(path(file), path('dt'), { masks: kind === 'segm' })),
    );
    const { measures } = scorePresence(judged, 0.5);
    const golden = goldenJson<Record<string, Record<string, number>>>('presence', 'expected.json');
    const expected = golden[`${kind}/${name}`];
    expect(Object.keys(measures).sort()).toEqual(Object.keys(expected).sort());
    for (const [measure, value] of Object.entries(expected)) {
      expect({ measure, close: Math.abs(measures[measure] - value) < 1e-12 }).toEqual({
        measure,
        close: true,
      });
    }
  });
});
