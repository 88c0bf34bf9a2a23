import type { z } from 'zod';
import { UserError } from '../errors.js';
import { gunzipped, isGzip } from './gunzip.js';
import { parseJsonText } from './jsonText.js';
import { mostBytes, readWholeSync } from './regularFile.js';
import { cannotRead, decodeText } from './textFile.js';

/** How much is said of one bad field. */
const mostCharacters = 200;

/** Bad fields that an error names; a file of millions of entries may have as many. */
const mostNamed = 10;

/**
 * Reads and checks a JSON file.
 * @param what says what the file should be: "a training config".
 * @param most bytes that it may have.
 * @throws UserError naming the file, and every bad field.
 */
export function readJsonFile<T extends z.ZodType>(
  file: string,
  schema: T,
  what: string,
  most: number = mostBytes.text,
): z.output<T> {
  return checkJson(readJson(file, most), schema, file, what);
}

/**
 * The content of a JSON file, which may be compressed with gzip.
 * @param most bytes that it may have, also decompressed.
 * @throws UserError when it cannot be read, is too large, or is not JSON.
 */
export function readJson(file: string, most: number = mostBytes.text): unknown {
  let content: Uint8Array;
  try {
    content = readWholeSync(file, most);
  } catch (error) {
    throw cannotRead(file, error);
  }
  return parseJson(isGzip(content) ? gunzipped(content, file, most) : content, file);
}

/** The value of a JSON text, or of its bytes. @throws UserError naming its place, `where`. */
export function parseJson(content: string | Uint8Array, where: string): unknown {
  const text = typeof content === 'string' ? content : decodeText(content, where);
  try {
    return parseJsonText(text.replace(/^\ufeff/, ''));
  } catch (error) {
    throw new UserError(`${where} is not valid JSON: ${(error as Error).message}`);
  }
}

/**
 * Checks a JSON value.
 * @param where its place, for messages: a file's name, perhaps with a place inside.
 * @param what says what it should be: "a training config".
 * @throws UserError naming the place and every bad field.
 */
export function checkJson<T extends z.ZodType>(
  value: unknown,
  schema: T,
  where: string,
  what: string,
): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = tellingIssues(parsed.error.issues).flatMap(describeIssue).map(shortened);
  const named = problems.slice(0, mostNamed);
  if (problems.length > mostNamed) named.push(`and ${problems.length - mostNamed} more`);
  const list = named.length === 1 ? ` ${named[0]}` : named.map((line) => `\n  ${line}`).join('');
  throw new UserError(`${where} is not ${what}:${list}`);
}

/** Keys and values of a broken file may be of any length. */
function shortened(problem: string): string {
  return problem.length <= mostCharacters ? problem : `${problem.slice(0, mostCharacters)}…`;
}

const atRoot = ({ path }: z.core.$ZodIssue) => path.length === 0;
const wrongKinds = new Set(['invalid_type', 'invalid_value']);

/**
 * What is wrong in the words that help: of several forms that a value may have, what is wrong with the one that it
 * was meant to have; and of a number that is too large for two reasons, the narrower.
 */
function tellingIssues(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue[] {
  const told = new Map<string, z.core.$ZodIssue>();
  for (const issue of issues.flatMap(ofMeantForm)) {
    const { code, path } = issue;
    const isBound = code === 'too_big' || code === 'too_small';
    told.set(isBound ? JSON.stringify([code, path]) : `${told.size}`, issue);
  }
  return [...told.values()];
}

/** The issues of that form of a union which is of the value's kind, and has the fewest. */
function ofMeantForm(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  // What a schema says in words of its own helps most.
  if (issue.code !== 'invalid_union' || issue.message !== 'Invalid input') return [issue];
  const forms = issue.errors.map((form) => form.flatMap(ofMeantForm));
  const [meant] = forms
    .filter((form) => !form.some((one) => wrongKinds.has(one.code) && atRoot(one)))
    .sort((a, b) => a.length - b.length);
  if (!meant) return [{ ...issue, message: `must be ${kindsOf(forms).join(' or ')}` }];
  return meant.map((one) => ({ ...one, path: [...issue.path, ...one.path] }));
}

/** The kinds of values that forms of a union want. */
function kindsOf(forms: readonly (readonly z.core.$ZodIssue[])[]): string[] {
  const kinds = forms.flat().flatMap((issue) => {
    if (issue.code === 'invalid_value') return issue.values.map((value) => JSON.stringify(value));
    return issue.code === 'invalid_type' ? [`of type ${issue.expected}`] : [];
  });
  return [...new Set(kinds)];
}

/** "data[0].weight: …", a line for each unknown field. */
function describeIssue(issue: z.core.$ZodIssue): string[] {
  const field = issue.path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${field ? `${field}.` : ''}${key}: there is no such field`);
  }
  const missing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  const reason = missing ? 'is missing' : issue.message;
  return [field ? `${field}: ${reason}` : reason];
}
