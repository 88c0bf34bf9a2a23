/** What moves the cursor, changes colours, turns lines around or begins one, in the many ways that there are. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const commands = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * A text of several lines for a terminal: names of files and labels in it may be anybody's. What a terminal takes for a
 * command is escaped, and lines after the first are indented, so that none looks like one of fgdet's own.
 */
export function terminalText(text: string): string {
  return text.replace(commands, escaped).replace(/\n(?! {2}|$)/g, '\n  ');
}

/** As `terminalText`, on one line. */
export function terminalLine(text: string): string {
  return text.replace(commands, escaped).replace(/[\n\t]/g, escaped);
}

/** JSON, which says the same. */
export function terminalJson(json: string): string {
  return json.replace(commands, escaped);
}

function escaped(character: string): string {
  const short: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
  const code = character.charCodeAt(0).toString(16).padStart(4, '0');
  return short[character] ?? `\\u${code}`;
}
