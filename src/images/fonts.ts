import { createRequire } from 'node:module';
import { createCanvas, GlobalFonts } from 'canvas';

// One file holds one script; the system's fonts come in for scripts that Inter does not have.
const scripts = ['latin', 'latin-ext', 'greek', 'cyrillic', 'cyrillic-ext', 'vietnamese'];
const familyOf = (script: string) => `fgdet ${script}`;
let registered = false;

/** The CSS font of labels at a size in pixels: Inter, which comes with the package. */
export function labelFont(size: number, weight: 400 | 600 = 600): string {
  return `${weight} ${size}px ${fontFamilies()}`;
}

/** Inter's families, as CSS lists them; they can be drawn with after this call. */
export function fontFamilies(): string {
  if (!registered) {
    const { resolve } = createRequire(import.meta.url);
    for (const script of scripts) {
      const file = `@fontsource-variable/inter/files/inter-${script}-wght-normal.woff2`;
      GlobalFonts.registerFromPath(resolve(file), familyOf(script));
    }
    registered = true;
  }
  return [...scripts.map((script) => `"${familyOf(script)}"`), 'sans-serif'].join(', ');
}

const known = new Map<string, boolean>();
/** No character, now or ever: what is drawn for it is drawn for every character that no font has. */
const noCharacter = '\u{10ffff}';

/** Whether the fonts of this machine have every character of a text. */
export function canWrite(text: string): boolean {
  return [...text].every((character) => {
    if (/[\p{ASCII}\p{M}\p{Cc}\p{Cf}\p{Z}]/u.test(character)) return true;
    const written = known.get(character) ?? !drawn(character).equals(drawn(noCharacter));
    known.set(character, written);
    return written;
  });
}

/** Texts as they are written on a picture: one that no font here has the characters of is its number, "#2". */
export function writable(texts: readonly string[]): string[] {
  return texts.map((text, i) => (canWrite(text) ? text : `#${i + 1}`));
}

function drawn(character: string): Buffer {
  const canvas = createCanvas(32, 32);
  const context = canvas.getContext('2d');
  context.font = labelFont(20);
  context.fillText(character, 4, 24);
  return Buffer.from(canvas.data());
}
