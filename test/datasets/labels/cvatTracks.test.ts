import { join } from 'node:path';
import { guessFormat, labelFormat } from '../../../datasets/labels/formats.js';
import { drawPictures } from './arbitraryLabels.js';
import { filesOf } from './writtenFiles.js';

const box = (frame: number, [x1, y1, x2, y2]: number[], more = '', inside = '') =>
  `<box frame="${frame}" keyframe="1" occluded="0" xtl="${x1}" ytl="${y1}" xbr="${x2}" ybr="${y2}" ${more} z_order="0">${inside}</box>`;
const attribute = (name: string, text: string) => `<attribute name="${name}">${text}</attribute>`;

/** "CVAT for video 1.1", of a task of six frames. */
const video = (tracks: string, frames = '<size>6</size>') => `<annotations><version>1.1</version>
  <meta><task>${frames}<mode>interpolation</mode><labels><label><name>car</name><attributes><attribute>
  <name>parked</name><mutable>True</mutable><input_type>checkbox</input_type><default_value>false</default_value><values/>
  </attribute></attributes></label></labels>
  <original_size><width>640</width><height>480</height></original_size></task></meta>${tracks}</annotations>`;

async function read(text: string, pictures: string[] = []) {
  const place = filesOf({ 'annotations.xml': text });
  const size = { width: 640, height: 480, boxes: [] };
  drawPictures(
    pictures.map((file) => ({ file, ...size })),
    join(place, 'images'),
  );
  expect(await guessFormat(place)).toBe('cvat');
  const set = await labelFormat('cvat').read(place);
  return { set, images: [...set.images] };
}

test('the boxes of a track move evenly between its keyframes', async () => {
  const track = `<track id="3" label="car" source="manual">
    ${box(1, [10, 10, 20, 20], 'outside="0"', attribute('parked', 'true'))}
    ${box(3, [30, 10, 50, 24], 'outside="0"')}
    ${box(4, [30, 10, 50, 24], 'outside="1"')}</track>`;
  const { set, images } = await read(video(track));
  expect(set.categories).toEqual([{ name: 'car' }]);
  expect(images.map(({ file }) => file)).toEqual(
    [0, 1, 2, 3, 4, 5].map((frame) => `frame_00000${frame}.png`),
  );
  expect(images.map(({ boxes }) => boxes.map((each) => each.box))).toEqual([
    [],
    [[10, 10, 20, 20]],
    [[20, 10, 35, 22]],
    [[30, 10, 50, 24]],
    [],
    [],
  ]);
  expect(images[2]).toMatchObject({ width: 640, height: 480 });
  // An attribute holds until it changes.
  expect(images[3].boxes[0].attributes).toEqual({ parked: true, track_id: 3 });
});

test('a track without an end goes on to the last frame, and turns the shorter way', async () => {
  const track = `<track id="0" label="car">
    ${box(0, [100, 100, 140, 120], 'outside="0" rotation="350"')}
    ${box(2, [100, 100, 140, 120], 'outside="0" rotation="10"')}</track>`;
  const { images } = await read(video(track));
  const angles = images.map(({ boxes: [each] }) =>
    each.outline?.kind === 'rotated box' ? each.outline.angle : 0,
  );
  expect(angles).toEqual([350, 0, 10, 10, 10, 10]);
  expect(images[1].boxes[0].box).toEqual([100, 100, 140, 120]);
  expect(images[5].boxes[0].box[0]).toBeLessThan(100);
});

test('frames are those of the task, and pictures are found by their numbers', async () => {
  const frames =
    '<start_frame>10</start_frame><stop_frame>20</stop_frame><frame_filter>step=5</frame_filter>';
  const track = `<track id="0" label="car">${box(10, [0, 0, 10, 10])}${box(20, [20, 0, 30, 10])}</track>`;
  const { set, images } = await read(video(track, frames), [
    'frame_000010.jpg',
    'frame_000015.png',
    'frame_000020.PNG',
  ]);
  expect(images.map(({ file, boxes }) => [file, boxes[0].box[0]])).toEqual([
    ['frame_000010.jpg', 0],
    ['frame_000015.png', 10],
    ['frame_000020.PNG', 20],
  ]);
  expect(set.notes).toBeUndefined();
});

test('tracks of other shapes are left out and told', async () => {
  const points = '<points frame="0" outside="0" points="1.00,2.00" z_order="0"/>';
  const { set } = await read(video(`<track id="0" label="car">${points}</track>`));
  expect(set.notes).toEqual(['1 track of points left out.']);
});
