import { byId } from './dom.js';
import { isExamplesFile } from './examplesFile.js';
import type { Given } from './shownPicture.js';

export interface OpenEvents {
  /** @param prompts to begin with, where the picture comes with some. */
  opened(given: Given, prompts?: readonly string[]): void;
  /** A file of examples was given instead. */
  openedExamples(file: File): void;
  failed(error: unknown): void;
}

/** The ways to give a picture: drop, paste, choose, photograph, an address, and the samples. */
export function pictureOpener(events: OpenEvents): void {
  const { opened, failed } = events;
  for (const id of ['file', 'photo']) {
    const input = byId(id, HTMLInputElement);
    input.addEventListener('change', () => {
      const [file] = input.files ?? [];
      if (file) openFile(file, events);
      // So that the same file can be chosen again.
      input.value = '';
    });
    for (const button of document.querySelectorAll<HTMLElement>(`[data-opens="${id}"]`)) {
      button.addEventListener('click', () => input.click());
    }
  }
  onDrop((data) => openData(data, events));
  document.addEventListener('paste', (event) => {
    const data = event.clipboardData;
    if (!data || event.defaultPrevented) return;
    const [file] = pictureFiles(data);
    // Text pasted into a field is meant for it.
    const isField = event.target instanceof HTMLInputElement;
    if (file || (!isField && isAddress(data.getData('text/plain')))) {
      event.preventDefault();
      openData(data, events);
    }
  });
  for (const form of document.querySelectorAll<HTMLFormElement>('form.address')) {
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const field = form.elements.namedItem('url') as HTMLInputElement;
      const url = field.value.trim();
      if (isAddress(url)) opened({ url });
      else failed(new Error('An address begins with https:// or http://.'));
      form.closest<HTMLElement>('[popover]')?.hidePopover();
    });
  }
  for (const button of document.querySelectorAll<HTMLElement>('[data-sample]')) {
    button.addEventListener('click', async () => {
      const name = button.dataset.sample as string;
      try {
        const response = await fetch(`page/samples/${name}`);
        if (!response.ok) throw new Error('The sample cannot be read.');
        opened({ file: await response.blob(), name }, button.dataset.prompts?.split(','));
      } catch (error) {
        failed(error);
      }
    });
  }
}

/** A frame over the page while something is dragged onto it. */
function onDrop(dropped: (data: DataTransfer) => void): void {
  // `dragleave` comes for each element that is left; the counter is 0 outside the page.
  let depth = 0;
  const mark = () => document.body.classList.toggle('is-dropping', depth > 0);
  document.addEventListener('dragenter', (event) => {
    event.preventDefault();
    depth++;
    mark();
  });
  document.addEventListener('dragleave', () => {
    depth = Math.max(0, depth - 1);
    mark();
  });
  document.addEventListener('dragover', (event) => event.preventDefault());
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    depth = 0;
    mark();
    if (event.dataTransfer) dropped(event.dataTransfer);
  });
}

function openData(data: DataTransfer, events: OpenEvents): void {
  const [file] = pictureFiles(data);
  const text = (data.getData('text/uri-list') || data.getData('text/plain')).trim();
  if (file) openFile(file, events);
  else if (isAddress(text)) events.opened({ url: text });
  else events.failed(new Error('That is no picture.'));
}

function openFile(file: File, { opened, openedExamples }: OpenEvents): void {
  if (isExamplesFile(file)) openedExamples(file);
  else opened({ file, name: file.name });
}

/** Files that name no type are tried: the server knows more formats than the browser. Examples count as well. */
function pictureFiles({ files }: DataTransfer): File[] {
  return [...files].filter(
    (file) => file.type === '' || file.type.startsWith('image/') || isExamplesFile(file),
  );
}

function isAddress(text: string): boolean {
  return /^https?:\/\/\S+$/i.test(text.trim());
}
