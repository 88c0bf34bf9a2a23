import { decimalNumber } from '../../src/decimalNumber.js';
import type { Attributes } from './labelSet.js';
import { childrenOf, childText, element, type XmlElement } from './xml.js';

type Value = string | number | boolean;
type InputType = 'number' | 'checkbox' | 'text';

/** An attribute that was met and that the file does not declare. */
interface Met {
  type: InputType;
  min: number;
  max: number;
}

/**
 * The labels of a CVAT task and their attributes, which tell numbers and yes or no from texts. CVAT takes no
 * attribute that its label does not declare.
 */
export class CvatDeclarations {
  readonly #meta: XmlElement;
  /** Of declared labels, the types of their attributes. */
  readonly #declared = new Map<string, Map<string, string>>();
  readonly #added = new Map<string, Map<string, Met>>();

  /** @param meta that of a file. Default: one that declares nothing */
  constructor(meta: XmlElement = element('meta', {}, element('task', {}, element('labels')))) {
    this.#meta = meta;
    for (const label of labelsIn(meta)) {
      const name = childText(label, 'name');
      if (name === undefined) continue;
      const attributes = childrenOf(label, 'attributes').flatMap((all) =>
        childrenOf(all, 'attribute'),
      );
      const types = attributes.map(
        (each) => [childText(each, 'name') ?? '', childText(each, 'input_type') ?? 'text'] as const,
      );
      this.#declared.set(name, new Map(types));
    }
  }

  /** Names of the labels. */
  labels(): string[] {
    return [...this.#declared.keys()];
  }

  /** The value of an attribute, of the type that is declared. */
  read(label: string, name: string, text: string): Value {
    const type = this.#declared.get(label)?.get(name);
    const number = decimalNumber(text);
    if (type === 'number' && !Number.isNaN(number) && String(number) === text) return number;
    if (type === 'checkbox' && (text === 'true' || text === 'false')) return text === 'true';
    return text;
  }

  addLabel(label: string): void {
    if (this.#declared.has(label) || this.#added.has(label)) return;
    this.#added.set(label, new Map());
  }

  /** Declares the attributes of a box where they are not. */
  add(label: string, attributes: Attributes): void {
    this.addLabel(label);
    for (const [name, value] of Object.entries(attributes)) {
      if (this.#declared.get(label)?.has(name)) continue;
      const all = this.#added.get(label) ?? new Map<string, Met>();
      this.#added.set(label, all);
      all.set(name, name === 'score' ? score : met(value, all.get(name)));
    }
  }

  /** What the file says, and all that was added. */
  meta(): XmlElement {
    const added = new Map(this.#added);
    const withAttributes = mapLabels(this.#meta, (labels) => {
      const known = childrenOf(labels).map((label) => {
        const name = childText(label, 'name');
        const more = name === undefined ? undefined : added.get(name);
        if (name !== undefined) added.delete(name);
        return more ? withMore(label, more) : label;
      });
      const missing = [...added].map(([name, more]) =>
        withMore(element('label', {}, element('name', {}, name)), more),
      );
      added.clear();
      return { ...labels, children: [...known, ...missing] };
    });
    return withAttributes;
  }
}

/** CVAT's numbers are whole ones; any text is valid where texts are declared. */
const score: Met = { type: 'text', min: 0, max: 0 };

function met(value: Value, before: Met | undefined): Met {
  const type = Number.isSafeInteger(value)
    ? 'number'
    : typeof value === 'boolean'
      ? 'checkbox'
      : 'text';
  const number = typeof value === 'number' ? value : 0;
  if (!before) return { type, min: number, max: number };
  return {
    type: type === before.type ? type : 'text',
    min: Math.min(before.min, number),
    max: Math.max(before.max, number),
  };
}

function labelsIn(parent: XmlElement): XmlElement[] {
  return childrenOf(parent).flatMap((child) =>
    child.name === 'labels' ? childrenOf(child, 'label') : labelsIn(child),
  );
}

/** A copy in which the first element `labels` is changed; one is added where there is none. */
function mapLabels(meta: XmlElement, change: (labels: XmlElement) => XmlElement): XmlElement {
  let isFound = false;
  const copy = (each: XmlElement): XmlElement => {
    if (isFound) return each;
    if (each.name === 'labels') {
      isFound = true;
      return change(each);
    }
    const children = each.children.map((child) =>
      typeof child === 'string' ? child : copy(child),
    );
    return { ...each, children };
  };
  const copied = copy(meta);
  if (isFound) return copied;
  return { ...copied, children: [...copied.children, change(element('labels'))] };
}

function withMore(label: XmlElement, more: ReadonlyMap<string, Met>): XmlElement {
  const declarations = [...more].map(([name, each]) => declarationOf(name, each));
  const isAttributes = (child: XmlElement | string): child is XmlElement =>
    typeof child !== 'string' && child.name === 'attributes';
  const existing = label.children.find(isAttributes) ?? element('attributes');
  const attributes = { ...existing, children: [...existing.children, ...declarations] };
  const others = label.children.filter((child) => !isAttributes(child));
  return { ...label, children: [...others, attributes] };
}

/** `values` are CVAT's: of a number the least, the greatest and the step, a line each. */
function declarationOf(name: string, { type, min, max }: Met): XmlElement {
  const values = type === 'number' ? `${min}\n${max}\n1` : '';
  return element(
    'attribute',
    {},
    element('name', {}, name),
    element('mutable', {}, 'False'),
    element('input_type', {}, type),
    element(
      'default_value',
      {},
      type === 'number' ? String(min) : type === 'checkbox' ? 'false' : '',
    ),
    element('values', {}, values),
  );
}
