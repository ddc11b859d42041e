import type { Entry } from './event-queue.ts';
import { byteLength } from './event.ts';

/**
 * The next events of one request: the oldest, and those behind it with the same partition key, in their
 * order. An event that is too large for a batch goes alone. Empty when there is nothing.
 */
export function nextBatch(entries: readonly Entry[], eventsMax: number, bytesMax: number): Entry[] {
  const batch: Entry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    if (entry.key !== entries[0]!.key) continue;
    bytes += byteLength(entry.event) + 1;
    if (batch.length > 0 && (bytes > bytesMax || batch.length >= eventsMax)) break;
    batch.push(entry);
  }
  return batch;
}

/** What is sent, also at the next try: the events as they were tracked; only the time of sending is new. */
export function envelope(batch: readonly Entry[], sentAtMs: number): string {
  return `{"sent_at":${sentAtMs},"events":[${batch.map((entry) => entry.event).join(',')}]}`;
}
