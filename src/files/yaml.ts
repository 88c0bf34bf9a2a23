import { type Document, isScalar, parseDocument, visit } from 'yaml';
import { UserError } from '../errors.js';

/** Aliases of a file. Each is looked for in all of it, and stands for as much as its anchor holds. */
const mostAliases = 100;

/**
 * The value of a YAML text, in a time that grows with its length: what the library would do with the square of it is
 * done here.
 * @param schema in `failsafe`, all but lists and maps is text.
 * @throws UserError naming the file, and the line where there is one
 */
export function parseYaml(text: string, file: string, schema: 'failsafe' | 'core'): unknown {
  const wrong = (reason: string, at?: number) => {
    const line = at === undefined ? '' : ` at line ${text.slice(0, at).split('\n').length}`;
    return new UserError(`${file} is not valid YAML: ${reason}${line}.`);
  };
  const document = parseDocument(text, { schema, prettyErrors: false, uniqueKeys: false });
  const [error] = document.errors;
  if (error) throw wrong(error.message, error.pos[0]);
  checkNodes(document, wrong);
  try {
    return document.toJS();
  } catch (error) {
    throw wrong((error as Error).message);
  }
}

/** Checks that keys come once, and that there are few aliases. */
function checkNodes(document: Document, wrong: (reason: string, at?: number) => UserError): void {
  let aliases = 0;
  visit(document, {
    Map(_, { items }) {
      const keys = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (keys.has(key.value)) throw wrong('Map keys must be unique', key.range?.[0]);
        keys.add(key.value);
      }
    },
    Alias(_, { range }) {
      aliases++;
      if (aliases > mostAliases)
        throw wrong(`there are more than ${mostAliases} aliases`, range?.[0]);
    },
  });
}
