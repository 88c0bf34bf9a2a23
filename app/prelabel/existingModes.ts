/**
 * What becomes of labels that are there already: new ones come beside them (`add`); the same, but boxes of
 * earlier runs that nobody has touched go first (`replace`); pictures that have a box are not looked at (`skip`); or
 * nothing changes, and the two are compared.
 */
export const existingModes = ['add', 'replace', 'skip', 'compare'] as const;
export type ExistingMode = (typeof existingModes)[number];
