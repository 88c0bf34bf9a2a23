/** A Markdown table; all columns but the first hold numbers. */
export function markdownTable(header: readonly string[], rows: readonly string[][]): string {
  const rule = header.map((_, index) => (index === 0 ? '---' : '---:'));
  return [header, rule, ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
