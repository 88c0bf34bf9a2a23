import { type Document, isMap, isScalar, parseDocument, visit } from 'yaml';
import { UserError } from '../errors.js';
import { mostBytes } from './regularFile.js';
import { readTextSync } from './textFile.js';

/** Aliases of a file: each is looked for in all of it. */
const mostAliases = 100;

/** `failsafe`: everything is a text, "no" and "1" as well. */
export type YamlSchema = 'failsafe' | 'core';

/** The text of a YAML file. @throws UserError when it cannot be read or is too large */
export function readYamlText(file: string): string {
  return readTextSync(file, mostBytes.yaml);
}

/**
 * The value that a YAML text holds.
 * @param file for messages.
 * @throws UserError naming the file, and the line that is wrong
 */
export function parseYaml(text: string, file: string, schema: YamlSchema): unknown {
  const wrong = (reason: string, offset?: number) => {
    const before = offset === undefined ? undefined : text.slice(0, offset).split('\n');
    const place = before ? ` at line ${before.length}, column ${before.at(-1)!.length + 1}` : '';
    return new UserError(`${file} is not valid YAML: ${reason.replace(/[.:]$/, '')}${place}.`);
  };
  const document = parsed(text, schema);
  const [error] = document.errors;
  if (error) throw wrong(error.message.split('\n')[0], error.pos[0]);
  let twice: ReturnType<typeof repeatedKey>;
  let value: unknown;
  try {
    twice = repeatedKey(document);
    value = document.toJS();
  } catch (error) {
    throw wrong((error as Error).message);
  }
  if (twice) throw wrong(`the key "${twice.key}" stands there twice`, twice.offset);
  return value;
}

/**
 * Without what takes the library the square of a text's length: it compares each key with all others, and for each error
 * counts the lines before it and writes down where in the program it came about.
 */
function parsed(text: string, schema: YamlSchema): Document.Parsed {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return parseDocument(text, { schema, uniqueKeys: false, prettyErrors: false });
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function repeatedKey(document: Document.Parsed): { key: string; offset?: number } | undefined {
  let found: { key: string; offset?: number } | undefined;
  let aliases = 0;
  visit(document, {
    Alias() {
      aliases++;
      if (aliases > mostAliases) throw new Error(`there are more than ${mostAliases} aliases`);
    },
    Map(_, map) {
      if (!isMap(map)) return;
      const keys = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        if (keys.has(key.value)) {
          found = { key: String(key.value), offset: key.range?.[0] };
          return visit.BREAK;
        }
        keys.add(key.value);
      }
    },
  });
  return found;
}
