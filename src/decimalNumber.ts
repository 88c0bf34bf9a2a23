/**
 * The number that a text from a file, an address or a command line is, such as "-1.5e-3"; NaN for what is no decimal number
 * (0x10, Infinity, nothing at all), or one that is too large.
 */
export function decimalNumber(text: string): number {
  const isDecimal = /^\s*[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?\s*$/i.test(text);
  const value = isDecimal ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : Number.NaN;
}
