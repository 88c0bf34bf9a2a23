import { byId, html } from './dom.js';

/** Asks for a label: one of those known, or a new one. @returns undefined when none was chosen. */
export function pickLabel(labels: readonly string[], current: string): Promise<string | undefined> {
  const dialog = byId('label-dialog', HTMLDialogElement);
  const field = byId('label-field', HTMLInputElement);
  const list = byId('label-options', HTMLElement);
  const hint = byId('label-new', HTMLElement);
  let active = -1;
  let shown: string[] = [];

  const written = () => field.value.trim().replace(/\s+/g, ' ');
  const exact = () => labels.find((label) => label.toLowerCase() === written().toLowerCase());
  /** What Enter takes. */
  const choice = () => shown[active] ?? exact() ?? (shown.length === 1 ? shown[0] : written());
  const draw = () => {
    const start = written().toLowerCase();
    // Unchanged, the field is no filter yet.
    const isFilter = start !== '' && field.value !== current;
    const has = (label: string) => label.toLowerCase().includes(start);
    const begins = (label: string) => Number(label.toLowerCase().startsWith(start));
    shown = isFilter ? labels.filter(has).toSorted((a, b) => begins(b) - begins(a)) : [...labels];
    list.replaceChildren(
      ...shown.map((label, i) => {
        const option = html(
          'div',
          { role: 'option', id: `label-option-${i}`, 'aria-selected': String(i === active) },
          label,
        );
        option.addEventListener('click', () => dialog.close(label));
        return option;
      }),
    );
    if (active >= 0) field.setAttribute('aria-activedescendant', `label-option-${active}`);
    else field.removeAttribute('aria-activedescendant');
    list.children[active]?.scrollIntoView({ block: 'nearest' });
    const isNew = choice() !== '' && !labels.includes(choice());
    hint.textContent = isNew ? `Enter adds “${choice()}” as a new label.` : '';
  };
  const typed = () => {
    active = -1;
    draw();
  };
  const key = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      active = Math.max(-1, Math.min(active + step, shown.length - 1));
      draw();
    } else if (event.key === 'Enter') {
      event.preventDefault();
      dialog.close(choice());
    }
  };

  field.value = current;
  dialog.returnValue = '';
  draw();
  field.addEventListener('input', typed);
  field.addEventListener('keydown', key);
  dialog.showModal();
  field.select();
  return new Promise((resolve) => {
    const closed = () => {
      field.removeEventListener('input', typed);
      field.removeEventListener('keydown', key);
      resolve(dialog.returnValue || undefined);
    };
    dialog.addEventListener('close', closed, { once: true });
  });
}
