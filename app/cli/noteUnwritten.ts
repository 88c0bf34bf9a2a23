import { note } from './common.js';

/** Tells how labels are written that no font of this machine has the characters of. */
export async function noteUnwritten(labels: readonly string[]): Promise<void> {
  const { writable } = await import('../../src/images/fonts.js');
  const written = writable(labels);
  const others = labels.flatMap((label, i) =>
    written[i] === label ? [] : [`${written[i]} is ${label}`],
  );
  if (others.length === 0) return;
  note(
    `No font of this machine has all characters of these; on pictures ${others.join(', ')}. ` +
      'Installing one helps: fonts-noto-cjk on Debian and Ubuntu has Chinese, Japanese and Korean.',
  );
}
