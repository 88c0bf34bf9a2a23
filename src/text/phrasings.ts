/**
 * The phrasings in a text such as "sofa|couch", each once. The bar may be a full-width one, as Chinese keyboards write
 * it; space around words does not count.
 */
export function phrasingsOf(text: string): string[] {
  return [...new Set(text.split(/[|｜]/).map(squeezed))].filter((phrase) => phrase !== '');
}

/** A text without space at its ends, and with single spaces. */
export function squeezed(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}
