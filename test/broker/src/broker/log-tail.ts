import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/**
 * What a failure message should show of a log file's last 64 KiB, `lines` lines at most: its warnings and
 * errors, and the last ten lines whatever they say. Empty when there is no such file.
 */
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
    // The first one has lost its beginning.
    if (size > buffer.length) all.shift();
    return tellingLines(all, lines).join('\n');
  } finally {
    closeSync(file);
  }
}

/** Everything but what says [time] INFO or below; the lines of a stack trace say nothing of the kind. */
export function tellingLines(all: readonly string[], lines: number): string[] {
  const telling = all.filter(
    (line, index) => index >= all.length - 11 || !/^\[[^\]]+\] (INFO|DEBUG|TRACE)/.test(line),
  );
  return telling.slice(-lines - 1);
}
