import { setTimeout as sleep } from 'node:timers/promises';
import {
  KafkaError,
  listOffsets,
  namedTransactions,
  partitionName,
  type PartitionPlace,
} from '@penstock/kafka';

/** How long readers of a ledger wait for transactions that are open in it. */
export interface Patience {
  /** Default 15 000: longer than a transaction of a mirror that died stays open. */
  patienceMs?: number;
  /** Ends every wait, with its reason. */
  signal?: AbortSignal | undefined;
}

/** Where a ledger partition ends. */
export interface LedgerEnd {
  /** For a read_committed reader. */
  readonly end: bigint;
  /** Why there may be commits from `end` on that nobody sees; null: there are none. */
  readonly undecided: string | null;
}

/**
 * Where a ledger partition ends for a read_committed reader, once all is decided that was in it when this
 * began. An open transaction of anybody hides the commits behind it: whoever took what lies before it for the
 * newest positions would copy again what those commits have copied.
 */
export async function decidedEnd(
  place: PartitionPlace,
  { patienceMs = 15_000, signal }: Patience,
): Promise<LedgerEnd> {
  const written = await latest(place, 'read_uncommitted', signal);
  const giveUpAt = performance.now() + patienceMs;
  for (let waitMs = 10; ; waitMs = Math.min(500, 2 * waitMs)) {
    const end = await latest(place, 'read_committed', signal);
    if (end >= written) return { end, undecided: null };
    if (performance.now() >= giveUpAt) return { end, undecided: await whoHides(place, end) };
    await sleep(waitMs, undefined, signal && { signal }).catch(() => signal?.throwIfAborted());
  }
}

async function latest(
  { cluster, topic, partition }: PartitionPlace,
  isolation: 'read_committed' | 'read_uncommitted',
  signal: AbortSignal | undefined,
): Promise<bigint> {
  const found = await listOffsets(cluster, topic, [partition], 'latest', isolation, { signal });
  return found.get(partition)?.offset ?? 0n;
}

/** For the operator: who it is, and what to do. */
async function whoHides({ cluster, topic, partition }: PartitionPlace, end: bigint): Promise<string> {
  const name = partitionName(topic, partition);
  const what = `${name} is undecided from offset ${end} on, and commits behind that are hidden: `;
  const mend =
    '. End that transaction: its program commits or aborts it, or stop that program and Kafka aborts it ' +
    'after its transaction.timeout.ms. If it stays open: docs/runbooks/stuck-lso.md';
  try {
    const open = await namedTransactions(cluster, [{ topic, partition }], { timeoutMs: 5_000 });
    const owners = open.map(({ producerId, producerEpoch: epoch, transactionalId: id, firstOffset }) => {
      const whose = id === undefined ? 'an unknown transactional id' : `transactional id ${id}`;
      const producer = `producer id ${producerId}, epoch ${epoch}`;
      return `${whose} (${producer}) has a transaction open since offset ${firstOffset}`;
    });
    return `${what}${owners.join(', and ') || 'a transaction was open there until now'}${mend}`;
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    return `${what}a transaction is open there, and Kafka does not say whose (${error.message})${mend}`;
  }
}
