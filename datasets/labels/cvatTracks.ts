import { decimalNumber } from '../../src/decimalNumber.js';
import { UserError } from '../../src/errors.js';
import type { Xyxy } from '../../src/geometry/boxes.js';
import type { ReadImage } from './checkedSet.js';
import { boxOfShape, type CvatFile, numberIn } from './cvatShapes.js';
import type { LabelledBox } from './labelSet.js';
import { boundsOf, cornersOf, type Outline } from './outline.js';
import type { Size } from './pictureSizes.js';
import { childrenOf, textOf, type XmlElement } from './xml.js';

/** Boxes that a file may make: a small file can ask for as many as it likes. */
const mostBoxes = 10_000_000;
const mostFrames = 1_000_000;

/** The frames of a task: those between the first and the last, at a step. */
interface Frames {
  first: number;
  last: number;
  step: number;
}

/** A box of a track, where a person or CVAT put it; `outside` ends it until the next. */
interface Keyframe {
  frame: number;
  isOutside: boolean;
  box: LabelledBox;
  rotation: number;
}

/**
 * "CVAT for video 1.1": a picture for each frame, with the boxes of the tracks. Between the frames that a track says,
 * its boxes move evenly, as in CVAT; after the last they stay where they are. What else a track can be than boxes is
 * left out and counted.
 * @throws UserError naming the line
 */
export function imagesOfTracks(root: XmlElement, from: CvatFile): ReadImage[] {
  const { file } = from;
  const [meta] = childrenOf(root, 'meta');
  const size = meta && originalSize(meta);
  const ofTasks = new Set(childrenOf(root, 'track').map(({ attributes }) => attributes.task_id));
  if (ofTasks.size > 1) {
    throw new UserError(
      `${file} has the tracks of several tasks, whose frames have the same numbers. Export each task alone.`,
    );
  }
  const tracks = childrenOf(root, 'track').flatMap((track) => {
    const keyframes = keyframesOf(track, from);
    return keyframes.length > 0 ? [{ id: track.attributes.id, keyframes }] : [];
  });
  const said = tracks.flatMap(({ keyframes }) =>
    keyframes.filter(({ isOutside }) => !isOutside).map(({ frame }) => frame),
  );
  const frames = framesOf(meta, said, file);
  const byFrame = new Map<number, LabelledBox[]>();
  for (let frame = frames.first; frame <= frames.last; frame += frames.step) {
    byFrame.set(frame, []);
  }
  for (const frame of said) if (!byFrame.has(frame)) byFrame.set(frame, []);
  let count = 0;
  for (const { id, keyframes } of tracks) {
    for (const [frame, box] of boxesOf(keyframes, frames)) {
      if (++count > mostBoxes) {
        throw new UserError(`${file} makes more than ${mostBoxes} boxes in its frames.`);
      }
      const attributes = { ...box.attributes, ...(id !== undefined && { track_id: trackId(id) }) };
      byFrame.get(frame)?.push({ ...box, attributes });
    }
  }
  return [...byFrame.entries()]
    .sort(([a], [b]) => a - b)
    .map(([frame, boxes]) => ({
      file: `frame_${String(frame).padStart(6, '0')}.png`,
      ...size,
      boxes,
      rest: { id: String(frame) },
    }));
}

/** A number, as CVAT has it, or another tool's text. */
function trackId(id: string): string | number {
  const number = decimalNumber(id);
  return Number.isNaN(number) ? id : number;
}

function keyframesOf(track: XmlElement, from: CvatFile): Keyframe[] {
  const shapes = childrenOf(track).filter(({ attributes }) => attributes.frame !== undefined);
  const other = shapes.find(({ name }) => name !== 'box');
  if (other) {
    from.notes.leaveOut(`track of ${other.name === 'points' ? other.name : `a ${other.name}`}`);
    return [];
  }
  const { label, source, group_id } = track.attributes;
  const keyframes = shapes.map((shape) => {
    const { frame: _, outside, keyframe: __, rotation, ...attributes } = shape.attributes;
    const inherited = { ...(source && { source }), ...(group_id && { group_id }) };
    const upright = { ...shape, attributes: { ...attributes, ...inherited } };
    return {
      frame: frameOf(shape, from.file),
      isOutside: outside === '1',
      box: boxOfShape(upright, from, {}, label),
      rotation: rotation === undefined ? 0 : numberIn(shape, 'rotation', from.file),
    };
  });
  keyframes.sort((a, b) => a.frame - b.frame);
  keyframes.forEach(({ box }, i) => {
    const before = keyframes[i - 1]?.box.attributes;
    // An attribute holds until another keyframe says otherwise; being occluded is said by each.
    const { occluded: _, ...held } = before ?? {};
    if (before) box.attributes = { ...held, ...box.attributes };
  });
  return keyframes;
}

function frameOf(shape: XmlElement, file: string): number {
  const frame = numberIn(shape, 'frame', file);
  if (Number.isSafeInteger(frame) && frame >= 0) return frame;
  throw new UserError(`${file}, line ${shape.line}: frame must be a whole number, not ${frame}.`);
}

/** The boxes of a track, frame by frame. */
function* boxesOf(
  keyframes: readonly Keyframe[],
  { last, step }: Frames,
): Generator<[frame: number, box: LabelledBox]> {
  for (const [i, keyframe] of keyframes.entries()) {
    if (keyframe.isOutside) continue;
    const next: Keyframe | undefined = keyframes[i + 1];
    const end = Math.min(next?.frame ?? Infinity, last + 1);
    yield [keyframe.frame, turned(keyframe.box, keyframe.rotation)];
    for (let frame = keyframe.frame + step; frame < end; frame += step) {
      yield [frame, between(keyframe, next, frame)];
    }
  }
}

/** The box on the way from one keyframe to the next, which is where the first is when there is no next. */
function between(from: Keyframe, to: Keyframe | undefined, frame: number): LabelledBox {
  const { rest: { place: _, ...rest } = {}, ...box } = from.box;
  const share = to ? (frame - from.frame) / (to.frame - from.frame) : 0;
  const sides = box.box.map((side, i) => side + share * ((to?.box.box[i] ?? side) - side));
  // The shorter way round.
  const turn = ((((to?.rotation ?? from.rotation) - from.rotation + 180) % 360) + 360) % 360;
  const moved = { ...box, box: sides as unknown as Xyxy, rest };
  return turned(moved, from.rotation + share * (turn - 180));
}

function turned(box: LabelledBox, rotation: number): LabelledBox {
  const angle = ((rotation % 360) + 360) % 360;
  if (angle === 0) return box;
  const rotated = { upright: box.box, angle };
  const outline: Outline = { kind: 'rotated box', ...rotated };
  return { ...box, box: boundsOf(cornersOf(rotated)), outline };
}

/** The frames that a task has, or else those that its tracks say. */
function framesOf(meta: XmlElement | undefined, said: readonly number[], file: string): Frames {
  const [start, stop, size] = ['start_frame', 'stop_frame', 'size'].map((name) =>
    wholeNumberIn(meta, name),
  );
  const step = Number(/step\s*=\s*(\d+)/.exec(deepText(meta, 'frame_filter') ?? '')?.[1] ?? 1) || 1;
  const first = start ?? (size === undefined ? said.reduce((a, b) => Math.min(a, b), Infinity) : 0);
  const last =
    stop ??
    (size === undefined ? said.reduce((a, b) => Math.max(a, b), -1) : first + (size - 1) * step);
  if ((last - first) / step < mostFrames) return { first, last, step };
  throw new UserError(`${file} has more than ${mostFrames} frames.`);
}

function originalSize(meta: XmlElement): Partial<Size> | undefined {
  const size = deepChild(meta, 'original_size');
  return size && { width: wholeNumberIn(size, 'width'), height: wholeNumberIn(size, 'height') };
}

function wholeNumberIn(parent: XmlElement | undefined, name: string): number | undefined {
  const text = deepText(parent, name)?.trim();
  return text && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function deepText(parent: XmlElement | undefined, name: string): string | undefined {
  const child = parent && deepChild(parent, name);
  return child && textOf(child);
}

/** The first element of that name, however deep. */
function deepChild(parent: XmlElement, name: string): XmlElement | undefined {
  for (const child of childrenOf(parent)) {
    const found = child.name === name ? child : deepChild(child, name);
    if (found) return found;
  }
  return undefined;
}
