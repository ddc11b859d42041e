import { createReadStream, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { isSystemError, unreadableFile, unwritableFile } from '@penstock/service';
import type { HistoryEntry } from './account/probe-account.ts';
import { ProberError } from './errors.ts';

/** The first line of a history: what the stream numbers in it mean. */
export interface HistoryHead {
  readonly penstockProbes: 1;
  /** Datacenter of each stream, by its number. */
  readonly datacenterOf: readonly string[];
}

export interface HistoryWriter extends AsyncDisposable {
  write(entry: HistoryEntry): void;
}

/** Writes a history as JSON lines. The file is whole when this was disposed of. */
export function writeHistory(path: string, datacenterOf: readonly string[]): HistoryWriter {
  const file = createWriteStream(path, { flags: 'wx' });
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined); // told when this is disposed of
  file.on('error', (cause) =>
    failed.reject(new ProberError('HISTORY', unwritableFile(path, cause), { cause })),
  );
  file.write(`${JSON.stringify({ penstockProbes: 1, datacenterOf } satisfies HistoryHead)}\n`);
  return {
    write: (entry) => void file.write(`${JSON.stringify(entry, infinityAsText)}\n`),
    [Symbol.asyncDispose]: () =>
      Promise.race([new Promise<void>((resolve) => file.end(() => resolve())), failed.promise]),
  };
}

/**
 * Visits a history in its order and answers its head. @throws ProberError HISTORY, with the line, when it
 * is damaged.
 */
export async function readHistory(
  path: string,
  onHead: (head: HistoryHead) => (entry: HistoryEntry) => void,
): Promise<void> {
  let visit: ((entry: HistoryEntry) => void) | undefined;
  let line = 0;
  try {
    for await (const text of createInterface({ input: createReadStream(path, 'utf8') })) {
      line += 1;
      const value: unknown = JSON.parse(text, textAsInfinity);
      if (visit) visit(value as HistoryEntry);
      else visit = onHead(headOf(value));
    }
  } catch (cause) {
    const told = cause instanceof Error ? cause.message : String(cause);
    const why = isSystemError(cause) ? unreadableFile(path, cause) : `${path}, line ${line}: ${told}`;
    throw new ProberError('HISTORY', why, { cause });
  }
  if (!visit) throw new ProberError('HISTORY', `${path} is empty`);
}

function headOf(value: unknown): HistoryHead {
  if (typeof value === 'object' && value !== null && 'penstockProbes' in value) return value as HistoryHead;
  throw new Error('this is not the history of a prober');
}

// JSON has no infinity, and a hop that was never proven is proven until minus infinity.
function infinityAsText(_: string, value: unknown): unknown {
  return value === -Infinity ? '-Infinity' : value;
}

function textAsInfinity(_: string, value: unknown): unknown {
  return value === '-Infinity' ? -Infinity : value;
}
