/**
 * Why a file cannot be read, in one sentence with its path, from what Node threw. `what`: what the file is,
 * as in `the key file`.
 */
export function unreadableFile(path: string, error: unknown, what?: string): string {
  const named = what === undefined ? path : `the ${what} ${path}`;
  const { code = 'unknown' } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return `there is no ${path}`;
  if (code === 'EISDIR') return `${named} is a folder, not a file`;
  if (code === 'EACCES' || code === 'EPERM') {
    return `${named} may not be read by ${thisUser()}: give that user the right to read it`;
  }
  return `${named} cannot be read (${code})`;
}

/** The same of a file that cannot be written. */
export function unwritableFile(path: string, error: unknown, what?: string): string {
  const named = `${what === undefined ? '' : `the ${what} `}${path} cannot be written`;
  const { code = 'unknown' } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return `${named}: there is no folder for it`;
  if (code === 'EEXIST') return `${named}: it exists`;
  if (code === 'EISDIR') return `${named}: it is a folder`;
  if (code === 'EACCES' || code === 'EPERM') {
    return `${named}: ${thisUser()} may not; give that user the right to write into its folder`;
  }
  return `${named} (${code})`;
}

/** Node's own: it says of a file, a socket or another thing of the system what went wrong. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && 'syscall' in error;
}

function thisUser(): string {
  return `the user of this process (uid ${process.getuid?.() ?? 'unknown'})`;
}
