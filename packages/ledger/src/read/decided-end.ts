import { setTimeout as sleep } from 'node:timers/promises';
import { listOffsets, type PartitionPlace } from '@penstock/kafka';
import { LedgerError } from '../ledger-error.ts';

/** What readers of a ledger wait for. */
export interface LedgerWaits {
  /**
   * For how long they wait for transactions that are open in it. Default 15 000: what a mirror that works
   * commits is decided within moments. That of a mirror that died ends after its transaction.timeout.ms and
   * up to 10 s more, which may be longer.
   */
  patienceMs?: number;
  /** Ends every wait, with its reason. */
  signal?: AbortSignal | undefined;
}

/** Where a ledger partition ends. */
export interface LedgerEnd {
  /** For a read_committed reader. */
  readonly end: bigint;
  /** Whether there may be commits from `end` on that nobody sees. */
  readonly undecided: boolean;
}

/**
 * Where a ledger partition ends for a read_committed reader, once all is decided that was in it when this
 * began. An open transaction of anybody hides the commits behind it: whoever took what lies before it for the
 * newest positions would copy again what those commits have copied.
 */
export async function decidedEnd(
  place: PartitionPlace,
  { patienceMs = 15_000, signal }: LedgerWaits,
): Promise<LedgerEnd> {
  const written = await offsetOf(place, 'latest', 'read_uncommitted', { signal });
  const giveUpAt = performance.now() + patienceMs;
  for (let waitMs = 10; ; waitMs = Math.min(500, 2 * waitMs)) {
    const end = await offsetOf(place, 'latest', 'read_committed', { signal });
    if (end >= written) return { end, undecided: false };
    if (performance.now() >= giveUpAt) return { end, undecided: true };
    await sleep(waitMs, undefined, signal && { signal }).catch(() => signal?.throwIfAborted());
  }
}

/** Throws LedgerError SHARDS_DIFFER when the ledger has no such partition. */
export async function offsetOf(
  { cluster, topic, partition: shard }: PartitionPlace,
  at: 'earliest' | 'latest',
  isolation: 'read_committed' | 'read_uncommitted',
  { signal }: Pick<LedgerWaits, 'signal'>,
): Promise<bigint> {
  const found = (await listOffsets(cluster, topic, [shard], at, isolation, { signal })).get(shard);
  if (found !== undefined) return found.offset;
  throw new LedgerError('SHARDS_DIFFER', `The ledger ${topic} has no partition ${shard}`);
}
