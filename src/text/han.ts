/** Whether a text is written with Chinese characters, be it in part. */
export function isHan(text: string): boolean {
  return /\p{Script=Han}/u.test(text);
}

/**
 * Of sentences that a name is put into, those in the name's own writing: Chinese ones for a name in Chinese characters,
 * the others for other names. All where there are none, and what has no words of its own, such as "{}.", always.
 */
export function inWritingOf(name: string, templates: readonly string[]): readonly string[] {
  const han = isHan(name);
  const own = templates.filter(
    (template) => isHan(template) === han || !/\p{L}/u.test(template.replace(/\{a?\}/g, '')),
  );
  return own.length > 0 ? own : templates;
}
