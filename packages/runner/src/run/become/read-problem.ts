import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { reasonOf } from '../../refusal.ts';

/**
 * Whether this process, which is the target user by now, can read a file, or list and enter a folder.
 * Undefined when it can, otherwise what is in the way.
 */
export function readProblem(path: string): string | undefined {
  try {
    const folder = statSync(path).isDirectory();
    accessSync(path, folder ? constants.R_OK | constants.X_OK : constants.R_OK);
    return undefined;
  } catch (error) {
    const code = reasonOf(error);
    if (code !== 'EACCES') return `${path} cannot be read: ${code}`;
    const closed = closedFolder(dirname(path));
    return closed === undefined
      ? `${path} cannot be read by this user`
      : `${path} cannot be read: this user may not enter ${closed}`;
  }
}

/** The first folder on the way that cannot be entered. */
function closedFolder(path: string): string | undefined {
  if (path !== dirname(path)) {
    const above = closedFolder(dirname(path));
    if (above !== undefined) return above;
  }
  try {
    accessSync(path, constants.X_OK);
    return undefined;
  } catch {
    return path;
  }
}
