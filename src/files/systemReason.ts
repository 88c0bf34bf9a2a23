const reasons: Record<string, string> = {
  EACCES: 'its permissions forbid it.',
  EDQUOT: 'the disk is full.',
  EEXIST: 'there is a file where a folder should be.',
  EFBIG: 'files may not be that large there.',
  EISDIR: 'it is a folder.',
  ELOOP: 'its links lead in a circle.',
  EMFILE: 'too many files are open.',
  ENAMETOOLONG: 'its name is too long.',
  ENOENT: 'there is no such file or folder.',
  ENOSPC: 'the disk is full.',
  ENOTDIR: 'there is a file where a folder should be.',
  EPERM: 'its permissions forbid it.',
  EROFS: 'nothing can be written there.',
};

/** The code of an error of the system, or of the one that it comes from: "ENOSPC"; undefined for others. */
export function systemCode(error: unknown): string | undefined {
  const { code, syscall, cause } = Object(error) as NodeJS.ErrnoException;
  if (code !== undefined && syscall !== undefined) return code;
  return cause ? systemCode(cause) : undefined;
}

/** What went wrong with a file, as a sentence. */
export function systemReason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return reasons[code ?? ''] ?? message;
}

/** "Cannot open /x/labels.json: its permissions forbid it."; undefined for errors that are not of the system's files. */
export function systemSentence(error: unknown): string | undefined {
  const { code = '', syscall, path, dest } = error as NodeJS.ErrnoException & { dest?: string };
  if (syscall === undefined || !(code in reasons)) return undefined;
  const what = dest ?? path;
  return `Cannot ${syscall}${what === undefined ? '' : ` ${what}`}: ${reasons[code]}`;
}
