import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** The last `lines` lines of a file, at most 64 KiB of it; empty when there is no such file. */
export function readTail(path: string, lines: number): string {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return '';
  }
  try {
    const { size } = fstatSync(file);
    const buffer = Buffer.alloc(Math.min(size, 65_536));
    const length = readSync(file, buffer, 0, buffer.length, size - buffer.length);
    const all = buffer.toString('utf8', 0, length).split('\n');
    return all.slice(-lines - 1).join('\n');
  } finally {
    closeSync(file);
  }
}
