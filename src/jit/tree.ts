/** A leaf, or any nesting of lists and string-keyed records of leaves. */
export type Tree<T> = T | readonly Tree<T>[] | { readonly [key: string]: Tree<T> };

/** The shape of a tree without its leaves: `null` stands for a leaf, `undefined` for an absent one. */
export type TreeStructure = null | undefined | TreeStructure[] | { [key: string]: TreeStructure };

/**
 * Takes the leaves out of a tree, in the order of lists and of the records' sorted keys. A value of `undefined` (an optional
 * entry that was left out) has no leaf and comes back as `undefined`.
 * @throws when a value is neither a leaf, a list nor a plain record.
 */
export function flatten<T>(
  tree: Tree<T> | undefined,
  isLeaf: (value: unknown) => value is T,
  path = 'argument',
): { leaves: T[]; paths: string[]; structure: TreeStructure } {
  const leaves: T[] = [];
  const paths: string[] = [];
  const visit = (value: unknown, place: string): TreeStructure => {
    if (value === undefined) return undefined;
    if (isLeaf(value)) {
      leaves.push(value);
      paths.push(place);
      return null;
    }
    if (Array.isArray(value))
      return value.map((child, index) => visit(child, `${place}[${index}]`));
    if (typeof value === 'object' && value !== null && isPlain(value)) {
      const structure: { [key: string]: TreeStructure } = {};
      for (const key of Object.keys(value).sort()) {
        structure[key] = visit((value as Record<string, unknown>)[key], `${place}.${key}`);
      }
      return structure;
    }
    throw new TypeError(
      `${place} is ${describe(value)}; expected an array, or lists and records of arrays.`,
    );
  };
  return { structure: visit(tree, path), leaves, paths };
}

/** Puts leaves back into the structure that `flatten` returned. */
export function unflatten<T>(structure: TreeStructure, leaves: readonly T[]): Tree<T> {
  let next = 0;
  const build = (node: TreeStructure): unknown => {
    if (node === undefined) return undefined;
    if (node === null) return leaves[next++];
    if (Array.isArray(node)) return node.map(build);
    // The leaves lie in the order of the sorted keys, in which `flatten` made the record.
    return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, build(child)]));
  };
  return build(structure) as Tree<T>;
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'object') return `a ${value.constructor.name}`;
  return typeof value === 'function' ? 'a function' : `the ${typeof value} ${String(value)}`;
}
