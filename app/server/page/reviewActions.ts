import { arrowStep } from './arrowKeys.js';
import { byId } from './dom.js';
import type { Reviewer } from './reviewer.js';
import { arrows, command, type KeyAction, listenForKeys, plain } from './reviewKeys.js';

/** Lets the keyboard and the buttons do what a reviewer can. */
export function connectReviewer(reviewer: Reviewer, isActive: () => boolean): void {
  const help = byId('help-dialog', HTMLDialogElement);
  listenForKeys(keyActions(reviewer, help), isActive);
  const onClick = (id: string, action: (event: MouseEvent) => void) =>
    byId(id, HTMLButtonElement).addEventListener('click', action);
  onClick('previous', () => reviewer.go(-1));
  onClick('next', () => reviewer.go(1));
  onClick('accept-all', () => void reviewer.acceptAll());
  onClick('accept-box', () => reviewer.accept());
  onClick('more-like-box', () => void reviewer.more());
  onClick('delete-box', () => reviewer.remove());
  onClick('relabel-box', () => void reviewer.relabel());
  onClick('undo', () => reviewer.undo());
  onClick('redo', () => reviewer.redo());
  onClick('review-zoom-in', () => reviewer.zoom(1.5));
  onClick('review-zoom-out', () => reviewer.zoom(1 / 1.5));
  onClick('review-zoom-fit', () => reviewer.zoom(undefined));
  onClick('review-help-button', () => help.showModal());
  onClick('new-box', ({ detail }) => {
    // Pressed by a key: there is no pointer to draw with.
    if (detail === 0) void reviewer.addInMiddle();
    else reviewer.setDrawing(!reviewer.isDrawing);
  });
}

function keyActions(reviewer: Reviewer, help: HTMLDialogElement): KeyAction[] {
  return [
    {
      keys: ['Enter'],
      what: 'Accept all boxes, save, and go to the next picture to review',
      matches: plain('Enter'),
      run: () => void reviewer.acceptAll(),
    },
    {
      keys: ['→', '↓', 'J'],
      what: 'Next picture; changes are saved',
      matches: plain('ArrowRight', 'ArrowDown', 'j'),
      run: () => reviewer.go(1),
    },
    {
      keys: ['←', '↑', 'K'],
      what: 'Previous picture; changes are saved',
      matches: plain('ArrowLeft', 'ArrowUp', 'k'),
      run: () => reviewer.go(-1),
    },
    {
      keys: ['1', '…', '9'],
      what: 'Choose a box; with a box chosen, give it that label',
      matches: plain(...'123456789'),
      run: ({ key }) => {
        const n = Number(key) - 1;
        const label = reviewer.labels[n];
        if (!reviewer.hasSelection) reviewer.selectNth(n);
        else if (label !== undefined) reviewer.setLabel(label);
      },
    },
    {
      keys: ['L'],
      what: 'Choose or write a label for the box',
      matches: plain('l'),
      run: () => void reviewer.relabel(),
    },
    {
      keys: ['A'],
      what: 'Accept the box',
      matches: plain('a'),
      run: () => reviewer.accept(),
    },
    {
      keys: ['M'],
      what: 'Find more like the box in this picture',
      matches: plain('m'),
      run: () => void reviewer.more(),
    },
    {
      keys: ['Delete'],
      what: 'Delete the box',
      matches: plain('Delete', 'Backspace'),
      run: () => reviewer.remove(),
    },
    {
      keys: ['N'],
      what: 'New box in the middle; or draw one with the mouse',
      matches: plain('n'),
      run: () => void reviewer.addInMiddle(),
    },
    {
      keys: ['Shift', '←↑↓→'],
      what: 'Move the box by a pixel; with Ctrl by ten',
      matches: arrows('shiftKey'),
      run: (event) => {
        const { dx, dy } = arrowStep(event);
        reviewer.move(dx, dy);
      },
    },
    {
      keys: ['Alt', '←↑↓→'],
      what: 'Move its right or lower side by a pixel; with Ctrl by ten',
      matches: arrows('altKey'),
      run: (event) => {
        const { dx, dy } = arrowStep(event);
        reviewer.resize(dx, dy);
      },
    },
    {
      keys: ['Ctrl', 'Z'],
      what: 'Undo',
      matches: command('z', false),
      run: () => reviewer.undo(),
    },
    {
      keys: ['Ctrl', 'Shift', 'Z'],
      what: 'Redo',
      matches: (event) => command('z', true)(event) || command('y', false)(event),
      run: () => reviewer.redo(),
    },
    {
      keys: ['Esc'],
      what: 'Choose no box',
      matches: plain('Escape'),
      run: () => {
        reviewer.setDrawing(false);
        reviewer.select(undefined);
      },
    },
    { keys: ['?'], what: 'This list', matches: plain('?'), run: () => help.showModal() },
  ];
}
