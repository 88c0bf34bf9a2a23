import { decimalNumber } from '../../src/decimalNumber.js';
import { UserError } from '../../src/errors.js';

/** A row of a label file. */
export interface YoloRow {
  category: string;
  /** What follows the category. */
  texts: string[];
  values: number[];
  /** File and line, for messages. */
  where: string;
}

/** A text's lines, whatever they end with. */
export function linesOf(text: string): string[] {
  return text.split(/\r\n|\r|\n/);
}

/** @throws UserError naming the line that holds something else than numbers */
export function yoloRowsOf(text: string, file: string): YoloRow[] {
  return linesOf(text).flatMap((line, i) => {
    if (line.trim() === '') return [];
    const where = `${file}, line ${i + 1}`;
    const [category, ...texts] = line.trim().split(/\s+/);
    const values = texts.map((text) => {
      const value = decimalNumber(text);
      if (Number.isNaN(value)) throw new UserError(`${where}: "${text}" is no number.`);
      return value;
    });
    return [{ category, texts, values, where }];
  });
}

/** Whether a text looks like rows of labels, or is empty, rather than any other text. */
export function isRowText(text: string): boolean {
  const first = linesOf(text).find((line) => line.trim() !== '');
  const parts = first?.trim().split(/\s+/) ?? [];
  return (
    first === undefined ||
    (parts.length >= 5 && !parts.some((part) => Number.isNaN(decimalNumber(part))))
  );
}
