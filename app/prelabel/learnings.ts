/** How a run learns from what people have checked: the boxes are examples, or a model is taught them as names. */
export const learnings = ['examples', 'names'] as const;
export type Learning = (typeof learnings)[number];
