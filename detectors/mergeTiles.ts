import { boxArea, boxIou, clipBox, intersectionArea, type Xyxy } from '../src/geometry/boxes.js';
import { groupBy } from '../src/groupBy.js';
import type { Candidate } from './postprocess.js';
import type { Size } from './scales.js';

/** What was found in one part of a picture. */
export interface TileView<T extends Candidate> {
  /** The part, in pixels of the picture. May be the whole picture, for things larger than a tile. */
  rect: Xyxy;
  /**
   * Without duplicates among themselves. Boxes in pixels of the picture, counted from the corner of the
   * part.
   */
  detections: readonly T[];
}

export interface MergeOptions {
  /**
   * Boxes of two tiles show one thing when, within what both tiles see, their intersection over union is
   * greater. Default: 0.5.
   */
  agreement?: number;
  /** A cut thing of which more lies inside a whole one that another tile sees is dropped. Default: 0.8. */
  containment?: number;
  /**
   * A box that comes as near to its tile's border, in pixels, or by 5 % of its side, is taken for cut,
   * unless the picture ends there. Default: 2.
   */
  margin?: number;
}

const nearShare = 0.05;

/** Whether the left, top, right and bottom side lies where a tile ends within the picture. */
type Cut = readonly boolean[];

/** Something that one or several views show, at most once each. */
interface Thing<T> {
  detection: T;
  /** In pixels of the picture. */
  box: Xyxy;
  cut: Cut;
  /** Indices of the views that show it. */
  views: readonly number[];
}

/**
 * Joins what was found in overlapping tiles. Detections of one label from different tiles are one thing
 * when they agree within what both tiles see; then
 *
 * - if some tile sees it whole, the best whole detection stands for it;
 * - otherwise, since it is larger than the tiles' overlap, its parts are put together: the box around
 *   them, with the best part's score.
 *
 * A part that agrees with nothing stays, unless a whole thing seen elsewhere contains it. Labels do not
 * influence each other.
 *
 * @returns boxes in pixels of the picture, by falling score. `postprocess` removes what is left of
 *   duplicates: whole boxes of two views that overlap without agreeing.
 */
export function mergeTiles<T extends Candidate>(
  views: readonly TileView<T>[],
  picture: Size,
  { agreement = 0.5, containment = 0.8, margin = 2 }: MergeOptions = {},
): T[] {
  const sightings = views.flatMap(({ rect, detections }, view) =>
    detections.map((detection): Thing<T> => {
      const box = placed(detection.box, rect);
      return { detection, box, cut: cutSides(box, rect, picture, margin), views: [view] };
    }),
  );
  const shared = overlaps(views.map(({ rect }) => rect));
  return [...groupBy(sightings, ({ detection }) => detection.label).values()]
    .flatMap((ofLabel) => {
      const things = sameThings(ofLabel, shared, agreement).map(joined);
      return withoutPartsOfWholes(things, containment);
    })
    .map(({ detection, box }) => ({ ...detection, box }))
    .sort((a, b) => b.score - a.score);
}

/** A view's box in the picture, clipped to the view. */
function placed(box: Xyxy, [left, top, right, bottom]: Xyxy): Xyxy {
  const [x1, y1, x2, y2] = clipBox(box, right - left, bottom - top);
  return [x1 + left, y1 + top, x2 + left, y2 + top];
}

function cutSides([x1, y1, x2, y2]: Xyxy, rect: Xyxy, picture: Size, margin: number): Cut {
  const [left, top, right, bottom] = rect;
  const nearX = Math.max(margin, nearShare * (x2 - x1));
  const nearY = Math.max(margin, nearShare * (y2 - y1));
  return [
    left > 0 && x1 - left <= nearX,
    top > 0 && y1 - top <= nearY,
    right < picture.width && right - x2 <= nearX,
    bottom < picture.height && bottom - y2 <= nearY,
  ];
}

const isWhole = ({ cut }: { cut: Cut }) => !cut.includes(true);
const shareView = (a: readonly number[], b: readonly number[]) => a.some((v) => b.includes(v));

/**
 * Groups what agrees, best agreement first. Two detections of one view are two things, so groups that have
 * one of the same view each are kept apart.
 */
function sameThings<T>(
  sightings: readonly Thing<T>[],
  shared: readonly Overlap[],
  limit: number,
): Thing<T>[][] {
  interface Group {
    members: Thing<T>[];
    views: number[];
  }
  const groupOf = new Map<Thing<T>, Group>(
    sightings.map((sighting) => [sighting, { members: [sighting], views: [...sighting.views] }]),
  );
  for (const [a, b] of agreements(sightings, shared, limit)) {
    const group = groupOf.get(a)!;
    const other = groupOf.get(b)!;
    if (shareView(group.views, other.views)) continue;
    group.members.push(...other.members);
    group.views.push(...other.views);
    for (const member of other.members) groupOf.set(member, group);
  }
  return [...new Set(groupOf.values())].map(({ members }) => members);
}

/** Pairs of sightings from two views that look alike in what both views see, the most alike first. */
function agreements<T>(
  sightings: readonly Thing<T>[],
  shared: readonly Overlap[],
  limit: number,
): [Thing<T>, Thing<T>][] {
  const byView = groupBy(sightings, ({ views }) => views[0]);
  const found: { pair: [Thing<T>, Thing<T>]; agreement: number }[] = [];
  for (const { views, common } of shared) {
    const [ours, theirs] = views.map((view) => partsWithin(common, byView.get(view) ?? []));
    for (const one of ours) {
      for (const other of theirs) {
        const agreement = boxIou(one.part, other.part);
        if (agreement > limit) found.push({ pair: [one.thing, other.thing], agreement });
      }
    }
  }
  return found.sort((a, b) => b.agreement - a.agreement).map(({ pair }) => pair);
}

function partsWithin<T>(rect: Xyxy, things: readonly Thing<T>[]) {
  return things
    .map((thing) => ({ thing, part: intersection(thing.box, rect) }))
    .filter(({ part }) => boxArea(part) > 0);
}

/** What stands for detections of one thing. */
function joined<T extends Candidate>(members: readonly Thing<T>[]): Thing<T> {
  const views = members.flatMap((member) => member.views);
  const wholes = members.filter(isWhole);
  if (wholes.length > 0) return { ...best(wholes), views };
  const edges = [0, 1, 2, 3].map((side) => {
    const outwards = side < 2 ? -1 : 1;
    return members.reduce((a, b) => ((b.box[side] - a.box[side]) * outwards > 0 ? b : a));
  });
  return {
    detection: best(members).detection,
    box: edges.map(({ box }, side) => box[side]) as unknown as Xyxy,
    cut: edges.map(({ cut }, side) => cut[side]),
    views,
  };
}

function best<T extends Candidate>(things: readonly Thing<T>[]): Thing<T> {
  const worth = ({ detection }: Thing<T>) => detection.worth ?? detection.score;
  return things.reduce((a, b) => (worth(b) > worth(a) ? b : a));
}

function withoutPartsOfWholes<T>(things: readonly Thing<T>[], containment: number): Thing<T>[] {
  const wholes = things.filter(isWhole);
  return things.filter((thing) => {
    if (isWhole(thing)) return true;
    const area = boxArea(thing.box);
    return !wholes.some(
      (whole) =>
        intersectionArea(whole.box, thing.box) > containment * area &&
        !shareView(whole.views, thing.views),
    );
  });
}

/** What two views both see. */
interface Overlap {
  views: readonly [number, number];
  common: Xyxy;
}

function overlaps(rects: readonly Xyxy[]): Overlap[] {
  return rects.flatMap((rect, view) =>
    rects
      .slice(0, view)
      .map((earlier, i): Overlap => ({ views: [i, view], common: intersection(earlier, rect) }))
      .filter(({ common }) => boxArea(common) > 0),
  );
}

/** Corners in the wrong order where the boxes have nothing in common. */
function intersection(a: Xyxy, b: Xyxy): Xyxy {
  return [Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])];
}
