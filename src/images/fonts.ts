import { createRequire } from 'node:module';
import { GlobalFonts } from 'canvas';

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
