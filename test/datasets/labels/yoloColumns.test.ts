import { YoloColumns } from '../../../datasets/labels/yoloColumns.js';
import { yoloRowsOf } from '../../../datasets/labels/yoloText.js';

/** What the first of some rows is. */
function first(rows: string[], keypointNumbers = 0) {
  const columns = new YoloColumns(keypointNumbers);
  const parsed = yoloRowsOf(rows.map((row) => `0 ${row}`).join('\n'), 'a.txt');
  for (const row of parsed) columns.learn(row);
  const { outline, ...others } = columns.read(parsed[0]);
  return { columns: outline.length, ...others };
}

const box = '.5 .5 .2 .4';
const polygon = '.1 .1 .5 .1 .5 .5 .1 .5';

test.each([
  ['a box', [box], { columns: 4 }],
  ['a score', [`${box} 0.75`], { columns: 4, score: 0.75 }],
  ['a score of 1', [`${box} 1.0`], { columns: 4, score: 1 }],
  ['1 among scores', [`${box} 1`, `${box} 0.75`], { columns: 4, score: 1 }],
  ['a track', [`${box} 17`], { columns: 4, track: 17 }],
  ['1 alone', [`${box} 1`], { columns: 4, track: 1 }],
  ['1.0 among tracks', [`${box} 1.0`, `${box} 2.0`], { columns: 4, track: 1 }],
  ['score and track', [`${box} 0.91 1`], { columns: 4, score: 0.91, track: 1 }],
  ['score and track 0', [`${box} 0.91 0`], { columns: 4, score: 0.91, track: 0 }],
  ['score and track 12', [`${box} 0.91 12`, polygon], { columns: 4, score: 0.91, track: 12 }],
  ['a triangle', ['.1 .1 .5 .1 .5 .5'], { columns: 6 }],
  ['a triangle at the edge', ['.1 .1 .5 .1 .5 1', polygon], { columns: 6 }],
  ['a triangle that no box is', ['.1 .1 .5 .1 .5 1'], { columns: 6 }],
  ['a triangle with decimals', [`${box} .5 1.000000`], { columns: 6 }],
  ['four corners', [polygon], { columns: 8 }],
  ['four corners at the edge', ['.1 .1 .5 .1 .5 .5 .1 1'], { columns: 8 }],
  [
    'four corners, score and track',
    [`${polygon} .9 1`, `${polygon} .8 2`],
    { columns: 8, score: 0.9, track: 1 },
  ],
  ['polygons with scores', [`${polygon} .9`, `${polygon} .9 .9 .8`], { columns: 8, score: 0.9 }],
])('%s', (_name, rows, expected) => {
  expect(first(rows)).toEqual(expected);
});

const pose = `${box} .5 .5 2 .4 .4 1`;
const keypoints = ['.5', '.5', '2', '.4', '.4', '1'];

test.each([
  ['keypoints', [pose], { columns: 4, keypoints }],
  ['keypoints and a score', [`${pose} .9`], { columns: 4, keypoints, score: 0.9 }],
  ['keypoints, score, track', [`${pose} .9 3`], { columns: 4, keypoints, score: 0.9, track: 3 }],
  ['a box among them', [box, pose], { columns: 4 }],
  ['a polygon among them', [polygon, pose], { columns: 8 }],
])('%s', (_name, rows, expected) => {
  expect(first(rows, 6)).toEqual(expected);
});

test.each([
  ['a score or a track', [`${box} 1`, `${box} 2`, `${box} .5`], /score or a track's number/],
  ['neither', [`${box} 1.5`], /"1\.5", is no score/],
  ['less than nothing', [`${box} -1`], /"-1", is no score/],
  ['a polygon or a track', [`${box} .9 1`, `${box} .9 2`, polygon], /can be a polygon, or/],
  ['keypoints without kpt_shape', [pose], /has 11 columns; .*kpt_shape/],
  [
    'keypoints of which the last is seen',
    [`${box} .5 .5 1 .4 .4 2`],
    /has 11 columns; .*kpt_shape/,
  ],
  ['one keypoint', [`${box} .5 .5 2`], /has 8 columns; .*kpt_shape/],
  ['too few', ['.5 .5 .1'], /has 4 columns/],
])('%s is refused', (_name, rows, message) => {
  expect(() => first(rows)).toThrow(message);
});
