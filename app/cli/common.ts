import { UserError } from '../../src/errors.js';
import { terminalJson, terminalLine, terminalText } from '../../src/terminalText.js';

/** A command line that says too little or contradicts itself: exit status 2 instead of 1. */
export class UsageError extends UserError {
  override name = 'UsageError';
}

/** Writes a line, or several that belong together, to stderr, where everything goes that is not the result. */
export function note(text: string): void {
  process.stderr.write(`${terminalText(text)}\n`);
}

/** Prints a machine-readable result on stdout. */
export function printJson(result: unknown): void {
  process.stdout.write(`${terminalJson(JSON.stringify(result, null, 2))}\n`);
}

/** Prints lines of the result on stdout. */
export function printLines(lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${terminalLine(line)}\n`).join(''));
}

/** Lines of a table: columns as wide as their widest cell, columns of numbers flush right. */
export function tableLines(header: readonly string[], given: readonly string[][]): string[] {
  const rows = given.map((row) => row.map(terminalLine));
  const widths = header.map((title, column) =>
    Math.max(displayWidth(title), ...rows.map((row) => displayWidth(row[column]))),
  );
  const numeric = header.map((_, column) => rows.every((row) => /^[-+]?[\d.]*$/.test(row[column])));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => {
        const padding = ' '.repeat(widths[column] - displayWidth(cell));
        return numeric[column] ? padding + cell : cell + padding;
      })
      .join('  ')
      .trimEnd();
  return [line(header), ...rows.map(line)];
}

const wide =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]/u;

/** Columns a text takes on a terminal: East Asian wide characters and emoji take two. */
function displayWidth(text: string): number {
  let width = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) width += wide.test(segment) ? 2 : 1;
  return width;
}
