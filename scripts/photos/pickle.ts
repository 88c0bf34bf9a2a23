import { UserError } from '../../src/errors.js';

/** What a pickle would call, and with what. */
export interface Reduced {
  callable: string;
  args: unknown[];
}

/** What lies outside of the pickle. */
export interface Persistent {
  id: unknown;
}

const mark = Symbol('mark');

/**
 * The value of a Python pickle (protocol 2) of dicts, lists, tuples, numbers, texts and names. Nothing is called:
 * an OrderedDict becomes a Map, other calls are kept as `Reduced`.
 * @returns the value, and where the pickle ends.
 * @throws UserError for any other content.
 */
export function readPickle(
  bytes: Buffer,
  offset: number,
  file: string,
): { value: unknown; end: number } {
  const stack: unknown[] = [];
  const memo = new Map<number, unknown>();
  let place = offset;
  const take = (length: number) => {
    place += length;
    return bytes.subarray(place - length, place);
  };
  const line = () => {
    const text = bytes.subarray(place, bytes.indexOf('\n', place)).toString();
    place += text.length + 1;
    return text;
  };
  const toMark = () => {
    const items = stack.splice(stack.lastIndexOf(mark));
    return items.slice(1);
  };
  const setItems = (items: unknown[]) => {
    const target = stack.at(-1) as Map<unknown, unknown>;
    for (let i = 0; i < items.length; i += 2) target.set(items[i], items[i + 1]);
  };
  const operations: Record<string, () => void> = {
    '\x80': () => take(1),
    '\x8a': () => stack.push(littleEndian(take(take(1)[0]))),
    K: () => stack.push(take(1)[0]),
    M: () => stack.push(take(2).readUInt16LE()),
    J: () => stack.push(take(4).readInt32LE()),
    X: () => stack.push(take(take(4).readUInt32LE()).toString()),
    N: () => stack.push(null),
    '\x88': () => stack.push(true),
    '\x89': () => stack.push(false),
    '}': () => stack.push(new Map()),
    ']': () => stack.push([]),
    ')': () => stack.push([]),
    '(': () => stack.push(mark),
    t: () => stack.push(toMark()),
    '\x85': () => stack.push(stack.splice(-1)),
    '\x86': () => stack.push(stack.splice(-2)),
    a: () => {
      const item = stack.pop();
      (stack.at(-1) as unknown[]).push(item);
    },
    e: () => {
      const items = toMark();
      (stack.at(-1) as unknown[]).push(...items);
    },
    s: () => setItems(stack.splice(-2)),
    u: () => setItems(toMark()),
    q: () => memo.set(take(1)[0], stack.at(-1)),
    r: () => memo.set(take(4).readUInt32LE(), stack.at(-1)),
    h: () => stack.push(memo.get(take(1)[0])),
    j: () => stack.push(memo.get(take(4).readUInt32LE())),
    c: () => stack.push({ global: `${line()}.${line()}` }),
    Q: () => stack.push({ id: stack.pop() } satisfies Persistent),
    R: () => {
      const [callable, args] = stack.splice(-2) as [{ global: string }, unknown[]];
      const isDict = callable.global === 'collections.OrderedDict';
      stack.push(isDict ? new Map() : ({ callable: callable.global, args } satisfies Reduced));
    },
    // The attributes of the object below, which are not needed.
    b: () => stack.pop(),
  };
  while (place < bytes.length) {
    const code = String.fromCharCode(take(1)[0]);
    if (code === '.') return { value: stack.pop(), end: place };
    const operation = operations[code];
    if (!operation) {
      throw new UserError(
        `${file}: byte ${place - 1} of its pickle, ${code.charCodeAt(0)}, is not expected there.`,
      );
    }
    operation();
  }
  throw new UserError(`${file}: its pickle does not end.`);
}

function littleEndian(bytes: Buffer): bigint {
  return bytes.reduceRight((value, byte) => value * 256n + BigInt(byte), 0n);
}
