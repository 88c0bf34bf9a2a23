/**
 * Something the user can put right: a missing file, a bad field, an image that cannot be read. The
 * message says what was wrong, where, and what to do; the command line prints it without a stack trace.
 * Every error class of this package that is meant for people extends it.
 */
export class UserError extends Error {
  override name = 'UserError';
}
