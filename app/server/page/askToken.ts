import { byId } from './dom.js';

/** Asks for the token of a server that needs one. @returns undefined when there is none. */
export function askToken(wasWrong: boolean): Promise<string | undefined> {
  const dialog = byId('token-dialog', HTMLDialogElement);
  const field = byId('token', HTMLInputElement);
  byId('token-wrong', HTMLElement).hidden = !wasWrong;
  field.value = '';
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((resolve) => {
    const closed = () => resolve(dialog.returnValue === 'ok' ? field.value.trim() : undefined);
    dialog.addEventListener('close', closed, { once: true });
  });
}
