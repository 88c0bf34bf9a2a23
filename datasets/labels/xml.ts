import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { UserError } from '../../src/errors.js';

/** An element of an XML file. */
export interface XmlElement {
  name: string;
  attributes: Record<string, string>;
  /** Elements and texts; texts between elements that are nothing but blanks are left out. */
  children: (XmlElement | string)[];
  /** Where it begins, from 1, of an element that was read. */
  line?: number;
}

const deepest = 64;
const cdata = '#cdata';

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  trimValues: false,
  parseTagValue: false,
  parseAttributeValue: false,
  // The parser limits how often even "&amp;" may come in a file; the few that there are are read here.
  processEntities: false,
  cdataPropName: cdata,
  captureMetaData: true,
  maxNestedTags: deepest,
});

const begins = XMLParser.getMetaDataSymbol() as unknown as symbol;

/** An element as the parser gives it: its name is a key. */
type Parsed = { [key: string]: unknown } & {
  [begins: symbol]: { startIndex?: number } | undefined;
};

/**
 * The root element of an XML file. Files with a document type are refused: the formats here have none, and
 * definitions in one can make a small file as large as they like.
 * @param file for messages.
 * @throws UserError naming the file and the line
 */
export function parseXml(text: string, file: string): XmlElement {
  const forbidden = /<!(DOCTYPE|ENTITY|ELEMENT|ATTLIST)/i.exec(text);
  if (forbidden) {
    const line = lineAt(text, forbidden.index);
    throw new UserError(
      `${file}, line ${line}: ${forbidden[0]} is not read; label files have none.`,
    );
  }
  const valid = XMLValidator.validate(text);
  if (valid !== true) {
    const { line, msg } = valid.err;
    throw new UserError(`${file}, line ${line}: it is not valid XML: ${msg.replace(/\.$/, '')}.`);
  }
  let parsed: Parsed[];
  try {
    parsed = parser.parse(text) as Parsed[];
  } catch (error) {
    throw new UserError(`${file} is no XML that can be read: ${(error as Error).message}.`);
  }
  const convert = converter(text, file);
  const roots = parsed.filter((each) => nameOf(each) !== '#text' && !nameOf(each).startsWith('?'));
  if (roots.length !== 1)
    throw new UserError(`${file} is not valid XML: it has no single element.`);
  return convert(roots[0]) as XmlElement;
}

function nameOf(parsed: Parsed): string {
  return Object.keys(parsed).find((key) => key !== ':@') ?? '';
}

/** Elements come in the order of the file, so lines are counted once. */
function converter(text: string, file: string): (parsed: Parsed) => XmlElement | string {
  let at = 0;
  let line = 1;
  const lineOf = (index: number) => {
    for (; at < index; at++) if (text.charCodeAt(at) === 10) line++;
    return line;
  };
  const convert = (parsed: Parsed): XmlElement | string => {
    const name = nameOf(parsed);
    if (name === '#text') return decoded(String(parsed[name]), `${file}, line ${line}`);
    const inside = parsed[name] as Parsed[];
    if (name === cdata) return inside.map((each) => String(each['#text'] ?? '')).join('');
    const start = lineOf(parsed[begins]?.startIndex ?? at);
    const attributes = Object.entries((parsed[':@'] as Record<string, string>) ?? {});
    return {
      name,
      attributes: Object.fromEntries(
        attributes.map(([key, value]) => [key, decoded(value, `${file}, line ${start}`)]),
      ),
      children: tidied(inside.map(convert)),
      line: start,
    };
  };
  return convert;
}

/** Texts that belong together as one; blanks between elements left out. */
function tidied(children: (XmlElement | string)[]): (XmlElement | string)[] {
  if (children.every((child) => typeof child === 'string')) {
    const text = children.join('');
    return text === '' ? [] : [text];
  }
  return children.filter((child) => typeof child !== 'string' || child.trim() !== '');
}

const entities: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function decoded(text: string, where: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#(\d+)|#x([\da-f]+)|([^;&\s]*));?/gi, (entity, decimal, hex, name) => {
    const code = decimal ? Number(decimal) : Number.parseInt(hex ?? 'ffffffff', 16);
    const isHalf = code >= 0xd800 && code <= 0xdfff;
    if (code <= 0x10ffff && !isHalf) return String.fromCodePoint(code);
    if (name !== undefined && Object.hasOwn(entities, name)) return entities[name];
    throw new UserError(`${where}: there is no character "${entity}".`);
  });
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

/** An element for writing. */
export function element(
  name: string,
  attributes: Record<string, string | number> = {},
  ...children: (XmlElement | string)[]
): XmlElement {
  const texts = Object.entries(attributes).map(([key, value]) => [key, String(value)] as const);
  const present = children.filter((child) => child !== '');
  return { name, attributes: Object.fromEntries(texts), children: present };
}

/** Without the line, which says nothing of the file that will be written. */
export function bare({ name, attributes, children }: XmlElement): XmlElement {
  return {
    name,
    attributes,
    children: children.map((child) => (typeof child === 'string' ? child : bare(child))),
  };
}

/** The elements of that name. */
export function childrenOf({ children }: XmlElement, name?: string): XmlElement[] {
  return children.filter(
    (child): child is XmlElement =>
      typeof child !== 'string' && (name === undefined || child.name === name),
  );
}

/** The text of the first element of that name; undefined where there is none. */
export function childText(parent: XmlElement, name: string): string | undefined {
  const [child] = childrenOf(parent, name);
  return child && textOf(child);
}

/** The text in an element. */
export function textOf({ children }: XmlElement): string {
  return children.filter((child) => typeof child === 'string').join('');
}

/** What XML has no way to write. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const unwritable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u;

/**
 * The text of an element, a line for each that has elements.
 * @param depth how far it is indented.
 * @throws UserError for characters that XML has no way to write
 */
export function xmlText({ name, attributes, children }: XmlElement, depth = 0): string {
  const indent = '  '.repeat(depth);
  const list = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${encoded(value, true)}"`,
  );
  const start = `${indent}<${name}${list.join('')}`;
  if (children.length === 0) return `${start}/>\n`;
  if (children.every((child) => typeof child === 'string')) {
    return `${start}>${encoded(children.join(''))}</${name}>\n`;
  }
  const isMixed = children.some((child) => typeof child === 'string');
  const inside = children.map((child) =>
    typeof child === 'string' ? encoded(child) : xmlText(child, isMixed ? 0 : depth + 1),
  );
  if (isMixed)
    return `${start}>${inside.map((each) => each.replace(/\n$/, '')).join('')}</${name}>\n`;
  return `${start}>\n${inside.join('')}${indent}</${name}>\n`;
}

function encoded(text: string, isAttribute = false): string {
  const wrong = unwritable.exec(text);
  if (wrong) {
    const code = wrong[0].codePointAt(0)!.toString(16);
    throw new UserError(
      `XML cannot hold the character U+${code.padStart(4, '0')} of ${JSON.stringify(text)}.`,
    );
  }
  const special = isAttribute ? /[&<>"\n\r\t]/g : /[&<>\r]/g;
  return text.replace(special, (character) => {
    const name = Object.keys(entities).find((each) => entities[each] === character);
    return name ? `&${name};` : `&#${character.charCodeAt(0)};`;
  });
}
