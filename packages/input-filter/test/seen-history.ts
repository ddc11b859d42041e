import { encodeBatch, openTransactionSession, type Cluster, type EncodableRecord } from '@penstock/kafka';
import { uniqueName } from '@penstock/test-broker';
import { encodeSeen, seenHeaders } from '../src/dedup/seen-record.ts';
import { emptyTally } from '../src/dedup/tally.ts';
import type { WindowTime } from '../src/dedup/window-time.ts';
import type { FilterTopics } from './filter-process.ts';

/** One record of events.seen: how old it is by each clock, ms, and how many ids it holds. */
export interface SeenBefore {
  readonly commitAgoMs: number;
  readonly streamAgoMs?: number;
  readonly ids: number;
}

/** Records in one transaction, so that the markers are few. */
const recordsPerCommit = 50;

/**
 * What an owner leaves that has worked on a partition for long: a committed position, 0, and its records of
 * events.seen, in this order.
 *
 * @returns the records' keys, 24 bytes for each id.
 */
export async function leaveHistory(
  cluster: Cluster,
  topics: FilterTopics,
  partition: number,
  history: readonly SeenBefore[],
): Promise<Buffer[]> {
  await using session = await openTransactionSession(cluster, { transactionalId: uniqueName('owner') });
  const nowMs = Date.now();
  const all: Buffer[] = [];
  for (let at = 0; at === 0 || at < history.length; at += recordsPerCommit) {
    for (const { commitAgoMs, streamAgoMs = commitAgoMs, ids } of history.slice(at, at + recordsPerCommit)) {
      const keys = keysOf(all.length, ids);
      all.push(keys);
      const time = { commitMs: nowMs - commitAgoMs, streamMs: nowMs - streamAgoMs };
      session.append(topics.seen, partition, encodeBatch([seenRecord(keys, time)]));
    }
    session.offsets({
      groupId: topics.raw,
      memberId: '',
      memberEpoch: () => -1,
      positions: [{ topic: topics.raw, partition, offset: 0n, leaderEpoch: -1, metadata: '' }],
    });
    await session.commit();
  }
  return all;
}

function seenRecord(keys: Buffer, time: WindowTime): EncodableRecord {
  const value = encodeSeen({ tally: { ...emptyTally(), requests: 1 }, from: 0n, to: 0n, keys });
  return { key: null, value, timestampMs: time.commitMs, headers: seenHeaders(time) };
}

/** Different in every record. */
function keysOf(record: number, ids: number): Buffer {
  const keys = Buffer.alloc(ids * 24);
  for (let n = 0; n < ids; n += 1) {
    keys.writeUInt32LE(record, n * 24);
    keys.writeUInt32LE(n, n * 24 + 4);
  }
  return keys;
}
