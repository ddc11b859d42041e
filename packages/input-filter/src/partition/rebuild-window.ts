import { readRange } from '@penstock/kafka';
import { KEY_BYTES, type DedupWindow } from '../dedup/dedup-window.ts';
import { decodeSeen } from '../dedup/seen-record.ts';
import type { FilterGroup } from '../position/filter-group.ts';
import { offsetOf } from '../position/position-evidence.ts';

/**
 * Fills the window of a partition with the ids that its owners before have written to events.seen.
 *
 * @param end of seen-p, read_uncommitted.
 * @param streamTimeMs where the window was when the offset was committed; 0 reads all there is.
 */
export async function rebuildWindow(
  window: DedupWindow,
  partition: number,
  end: bigint,
  streamTimeMs: number,
  { cluster, topics }: FilterGroup,
  signal: AbortSignal,
): Promise<{ ids: number; streamTimeMs: number }> {
  // Two windows back, because that is how long the oldest generation may live.
  const since = Math.max(0, streamTimeMs - 2 * window.windowMs);
  const at = streamTimeMs === 0 ? 'earliest' : { timestampMs: since };
  const listed = await offsetOf(cluster, topics.seen, partition, at, signal);
  const from = listed < 0n ? end : listed; // -1: everything is older
  let ids = 0;
  let newestMs = 0;
  const restore = (record: { value: Buffer | null; timestampMs: number; offset: bigint }): void => {
    const seen = record.value === null ? undefined : decodeSeen(record.value);
    if (seen === undefined) {
      const offset = String(record.offset);
      cluster.log.warn({ partition, offset }, 'a record of events.seen cannot be read; skipped');
      return;
    }
    window.restore(seen.keys, record.timestampMs);
    ids += seen.keys.length / KEY_BYTES;
    newestMs = Math.max(newestMs, record.timestampMs);
  };
  await readRange(cluster, topics.seen, partition, from, end, 'read_committed', restore, { signal });
  return { ids, streamTimeMs: newestMs };
}
