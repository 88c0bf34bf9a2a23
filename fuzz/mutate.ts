import type { Random } from '../src/random.js';

/** Longest input that is made. */
const mostBytes = 1 << 15;

/** What an input can get from elsewhere. */
export interface Material {
  /** Another input. */
  other: Uint8Array;
  /** Texts that readers look for. */
  words: readonly string[];
  /** Values that were compared while the input was read, and differ. */
  pairs: readonly (readonly [string, string])[];
}

/** An input that differs from another one in a few places. */
export function mutate(input: Uint8Array, material: Material, random: Random): Uint8Array {
  let bytes = Buffer.from(input);
  for (let left = 1 << random.integer(4); left > 0; left--) {
    const kinds = isText(bytes) ? [changedBytes, changedText, changedText] : [changedBytes];
    bytes = random.pick(kinds)(bytes, material, random);
  }
  return bytes.subarray(0, mostBytes);
}

/** Numbers at which something changes. */
const edges = [
  0, 1, -1, 2, 3, 4, 8, 16, 32, 64, 100, 127, -128, 255, 256, 1000, 4096, 32767, 65535,
];
const wideEdges = [...edges, 65536, 1e6, 2 ** 24, 2 ** 30, 2 ** 31 - 1, -(2 ** 31), 2 ** 32 - 1];

function changedBytes(bytes: Buffer, material: Material, random: Random): Buffer<ArrayBuffer> {
  const at = random.integer(bytes.length + 1);
  const length = spanLength(random);
  const copy = Buffer.from(bytes);
  const replaced = (start: number, removed: number, added: Uint8Array) =>
    Buffer.concat([bytes.subarray(0, start), added, bytes.subarray(start + removed)]);
  switch (random.integer(9)) {
    case 0:
      if (at < copy.length) copy[at] ^= 1 << random.integer(8);
      return copy;
    case 1:
      if (at < copy.length) copy[at] += random.integer(33) - 16;
      return copy;
    case 2:
      return withNumber(copy, at, random);
    case 3:
      return replaced(at, length, Buffer.alloc(0));
    case 4:
      return replaced(at, 0, repeated(bytes.subarray(at, at + length), random));
    case 5:
      return replaced(
        at,
        0,
        Uint8Array.from({ length }, () => random.integer(256)),
      );
    case 6: {
      const from = random.integer(material.other.length + 1);
      const added = material.other.subarray(from, from + spanLength(random));
      return replaced(at, random.integer(2) * length, added);
    }
    case 7: {
      if (material.words.length === 0) return copy;
      const word = Buffer.from(random.pick(material.words));
      return replaced(at, random.integer(2) * word.length, word);
    }
    default:
      return withPair(copy, material.pairs, random);
  }
}

/** Twice and more, mostly not much: what takes time beyond proportion shows when there is much of it. */
function repeated(span: Buffer, random: Random): Buffer<ArrayBuffer> {
  const times = random.pick([2, 2, 2, 3, 16, 256, mostBytes]);
  const length = Math.min(times * span.length, mostBytes);
  return Buffer.alloc(length, span.length > 0 ? span : ' ');
}

/** Short, mostly. */
function spanLength(random: Random): number {
  return 1 + random.integer(random.pick([4, 4, 16, 64, 512]));
}

function withNumber(bytes: Buffer<ArrayBuffer>, at: number, random: Random): Buffer<ArrayBuffer> {
  const width = random.pick([1, 2, 4, 8]);
  if (at + width > bytes.length) return bytes;
  const value = BigInt(random.pick(wideEdges));
  const digits = Buffer.alloc(8);
  digits.writeBigInt64LE(BigInt.asIntN(64, value));
  const own = digits.subarray(0, width);
  bytes.set(random.integer(2) ? own : own.reverse(), at);
  return bytes;
}

/** Puts one of two values that were compared in the place of the other. */
function withPair(
  bytes: Buffer<ArrayBuffer>,
  pairs: Material['pairs'],
  random: Random,
): Buffer<ArrayBuffer> {
  if (pairs.length === 0) return bytes;
  const [from, to] = random.shuffle(random.pick(pairs));
  const forms: [Buffer, Buffer][] = [[Buffer.from(from), Buffer.from(to)]];
  for (const width of [4, 2, 1] as const) {
    const [a, b] = [Number(from), Number(to)];
    const fits = (value: number) => Number.isInteger(value) && value >= 0 && value < 256 ** width;
    if (!fits(a) || !fits(b)) continue;
    const [ofA, ofB] = [a, b].map((value) => {
      const digits = Buffer.alloc(width);
      digits.writeUIntLE(value, 0, width);
      return digits;
    });
    forms.push([ofA, ofB], [Buffer.from(ofA).reverse(), Buffer.from(ofB).reverse()]);
  }
  for (const [a, b] of random.shuffle(forms)) {
    const at = bytes.indexOf(a, random.integer(bytes.length + 1));
    if (at >= 0) return Buffer.concat([bytes.subarray(0, at), b, bytes.subarray(at + a.length)]);
  }
  return bytes;
}

/** Values that JSON, XML, YAML and lists of numbers may have, and readers may not expect. */
const oddValues = [
  ...['0', '-1', '1e309', '-0', '0.5', '1e-320', '9007199254740993', '4294967296', 'NaN', 'null'],
  ...[
    'true',
    '""',
    '" "',
    '[]',
    '{}',
    '[[]]',
    '"__proto__"',
    '"constructor"',
    '"\\u0000"',
    '"\\ud800"',
  ],
  ...[
    '"1"',
    '"../a"',
    '"/"',
    '&lt;',
    '&#0;',
    '<!--',
    '\n',
    '\t',
    '"',
    '[',
    ']',
    '{',
    '}',
    ',',
    ':',
    '',
  ],
];
const closing: Record<string, string> = { '[': ']', '{': '}', '<': '>' };

/** Changes words, numbers and what brackets hold, so that most of the text stays as well-formed as it was. */
function changedText(bytes: Buffer, material: Material, random: Random): Buffer<ArrayBuffer> {
  const tokens = bytes.toString('latin1').match(/"(?:[^"\\]|\\.)*"|[\w.+-]+|\s+|./gs) ?? [];
  if (tokens.length === 0) return Buffer.from(random.pick(oddValues));
  const start = random.integer(tokens.length);
  const end = endOfSpan(tokens, start);
  const span = tokens.slice(start, end);
  const joined = (...parts: readonly (readonly string[])[]) =>
    Buffer.from([tokens.slice(0, start), ...parts].flat().join(''), 'latin1');
  const rest = tokens.slice(end);
  const quoted = (text: string) => (tokens[start].startsWith('"') ? JSON.stringify(text) : text);
  switch (random.integer(6)) {
    case 0:
      return joined(rest);
    case 1:
      return joined(
        [repeated(Buffer.from(span.join(''), 'latin1'), random).toString('latin1')],
        rest,
      );
    case 2:
      return joined([random.pick(tokens)], rest);
    case 3:
      return joined(
        [quoted(random.pick(material.words.length ? material.words : oddValues))],
        rest,
      );
    case 4: {
      const from = random.integer(tokens.length);
      return joined(tokens.slice(from, endOfSpan(tokens, from)), rest);
    }
    default:
      return joined([random.pick(oddValues)], rest);
  }
}

/** Where the token ends, or what it opens. */
function endOfSpan(tokens: readonly string[], start: number): number {
  const open = tokens[start];
  const close = closing[open];
  let depth = 0;
  for (let at = start; close !== undefined && at < tokens.length; at++) {
    if (tokens[at] === open) depth++;
    else if (tokens[at] === close && --depth === 0) return at + 1;
  }
  return start + 1;
}

function isText(bytes: Buffer): boolean {
  const looked = bytes.subarray(0, 256);
  return looked.every((byte) => byte >= 0x20 || (byte >= 9 && byte <= 13));
}
