import { type Document, isMap, isScalar, parseDocument, visit } from 'yaml';
import { UserError } from '../errors.js';
import { hasHalfCharacter } from '../wholeText.js';
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
  let fault: Fault | undefined;
  let value: unknown;
  try {
    fault = faultIn(document);
    value = document.toJS();
  } catch (error) {
    throw wrong((error as Error).message);
  }
  if (fault) throw wrong(fault.reason, fault.offset);
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

interface Fault {
  reason: string;
  offset?: number;
}

/** What the library lets pass. */
function faultIn(document: Document.Parsed): Fault | undefined {
  let fault: Fault | undefined;
  let aliases = 0;
  visit(document, {
    Alias() {
      aliases++;
      if (aliases > mostAliases) throw new Error(`there are more than ${mostAliases} aliases`);
    },
    Scalar(_, { value, range }) {
      if (typeof value !== 'string' || !hasHalfCharacter(value)) return;
      fault = { reason: 'a text has half a character', offset: range?.[0] };
      return visit.BREAK;
    },
    Map(_, map) {
      if (!isMap(map)) return;
      const keys = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        if (keys.has(key.value)) {
          fault = { reason: `the key "${key.value}" stands there twice`, offset: key.range?.[0] };
          return visit.BREAK;
        }
        keys.add(key.value);
      }
    },
  });
  return fault;
}
