/**
 * What becomes of labels that are there already: new ones come beside them (`add`); the same, but boxes of
 * earlier runs that nobody has touched go first (`replace`); or nothing changes, and the two are compared.
 */
export const existingModes = ['add', 'replace', 'compare'] as const;
export type ExistingMode = (typeof existingModes)[number];
