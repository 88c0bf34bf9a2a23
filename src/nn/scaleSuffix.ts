/** What the name of quantised weights becomes for their scales. */
export const scaleSuffix = '_scale';
