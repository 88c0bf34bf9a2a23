import { byId, html, isTyping } from './dom.js';

/** Something the keyboard does. */
export interface KeyAction {
  /** As the help shows them. */
  keys: readonly string[];
  what: string;
  /** Whether a key stroke is meant. */
  matches(event: KeyboardEvent): boolean;
  run(event: KeyboardEvent): void;
}

/** A key without modifiers, whatever the case of its letter. */
export function plain(...keys: string[]) {
  return ({ key, ctrlKey, metaKey, altKey, shiftKey }: KeyboardEvent) =>
    keys.includes(key.length === 1 ? key.toLowerCase() : key) &&
    !ctrlKey &&
    !metaKey &&
    !altKey &&
    (!shiftKey || key === '?');
}

/** Arrows with Shift or Alt, with or without Ctrl. */
export function arrows(modifier: 'shiftKey' | 'altKey') {
  const other = modifier === 'shiftKey' ? 'altKey' : 'shiftKey';
  return (event: KeyboardEvent) =>
    event.key.startsWith('Arrow') && event[modifier] && !event[other];
}

/** Ctrl, or Command on a Mac, with a letter. */
export function command(letter: string, shiftKey: boolean) {
  return (event: KeyboardEvent) =>
    event.key.toLowerCase() === letter &&
    (event.ctrlKey || event.metaKey) &&
    event.shiftKey === shiftKey;
}

/** Listens for the actions' keys while `isActive`, and lists them in the help. */
export function listenForKeys(actions: readonly KeyAction[], isActive: () => boolean): void {
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.isComposing || isTyping(event.target)) return;
    if (!isActive() || document.querySelector('dialog[open]')) return;
    // Enter and Space press what has the focus.
    const isControl =
      event.target instanceof HTMLElement &&
      event.target.closest('button, a, summary, select, [role="option"]');
    if (isControl && (event.key === 'Enter' || event.key === ' ')) return;
    const action = actions.find(({ matches }) => matches(event));
    if (!action) return;
    event.preventDefault();
    action.run(event);
  });
  byId('key-list', HTMLElement).replaceChildren(
    ...actions.map(({ keys, what }) =>
      html(
        'div',
        {},
        html(
          'dt',
          {},
          ...keys.flatMap((key, i) =>
            i > 0 ? [' ', html('kbd', {}, key)] : [html('kbd', {}, key)],
          ),
        ),
        html('dd', {}, what),
      ),
    ),
  );
}
