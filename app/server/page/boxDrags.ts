import { boxBetween, type Handle, handleAt, moved, resized } from './boxes.js';
import type { Box, Size } from './contract.js';
import type { Drag } from './gestures.js';
import type { Point } from './viewport.js';

export interface BoxDragEvents {
  /** The box while it is being dragged; undefined when the drag was given up. */
  dragging(box: Box | undefined): void;
  dropped(box: Box): void;
}

/** Least side of a box that is drawn, in pixels of the picture. */
const leastSide = 2;

/** What a drag that begins at a point of the selected box does: change its size, move it, or nothing. */
export function dragBox(
  selected: Box | undefined,
  from: Point,
  reach: number,
  picture: Size,
  events: BoxDragEvents,
): Drag | undefined {
  if (!selected) return undefined;
  const handle = handleAt(selected, from, reach);
  if (!handle && !isInside(selected, from)) return undefined;
  return follow(events, (to) => {
    const [dx, dy] = [Math.round(to.x - from.x), Math.round(to.y - from.y)];
    return handle ? resized(selected, handle, dx, dy, picture) : moved(selected, dx, dy, picture);
  });
}

/** Draws a new box. */
export function drawBox(from: Point, picture: Size, events: BoxDragEvents): Drag {
  return follow(events, (to) => boxBetween(from, to, picture));
}

/** What the mouse would do at a point. */
export function cursorAt(selected: Box | undefined, point: Point, reach: number): string {
  if (!selected) return '';
  const handle = handleAt(selected, point, reach);
  if (handle) return cursorOf(handle);
  return isInside(selected, point) ? 'move' : '';
}

function follow({ dragging, dropped }: BoxDragEvents, boxAt: (to: Point) => Box): Drag {
  let box: Box | undefined;
  return {
    move: (to) => {
      box = boxAt(to);
      dragging(box);
    },
    end: () => {
      dragging(undefined);
      if (box && box.xmax - box.xmin >= leastSide && box.ymax - box.ymin >= leastSide) dropped(box);
    },
    cancel: () => dragging(undefined),
  };
}

function cursorOf({ across, down }: Handle): string {
  if (across === 0) return 'ns-resize';
  if (down === 0) return 'ew-resize';
  return across === down ? 'nwse-resize' : 'nesw-resize';
}

function isInside({ xmin, ymin, xmax, ymax }: Box, { x, y }: Point): boolean {
  return x >= xmin && x <= xmax && y >= ymin && y <= ymax;
}
