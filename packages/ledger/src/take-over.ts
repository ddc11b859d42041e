import { openTransactionSession, type Cluster, type TransactionSession } from '@penstock/kafka';
import type { Genesis } from './genesis.ts';
import type { LedgerWaits } from './read/decided-end.ts';
import { LedgerError } from './ledger-error.ts';
import { readLedger, type LedgerState } from './read/read-ledger.ts';
import { transactionalIdOf } from './shard-of.ts';

/** The link that a ledger must belong to. The ledger of another link, or of other clusters, is refused. */
export interface LinkIdentity {
  readonly link: string;
  readonly ledgerTopic: string;
  readonly sourceClusterId: string;
  readonly targetClusterId: string;
}

/**
 * Makes this process the one owner of a shard, even if the shard was assigned to several:
 *
 * 1. InitProducerId. From then on, an earlier owner can neither write nor commit. Its open transaction is
 *    aborted. A transaction that it had committed is complete on every partition, markers included, before
 *    the answer comes.
 * 2. Read the ledger up to its end. The order matters: if the ledger were read first, the earlier owner could
 *    commit in between, and its copies would be copied again. An open transaction of somebody else hides
 *    commits behind it: it is waited for, and after `patienceMs` the takeover is refused (LedgerError
 *    UNDECIDED).
 *
 * The signal ends both, with its reason. A death after step 1 leaves a shard without an open transaction; a
 * death after step 2 leaves nothing to clean up.
 */
export async function takeOverShard(
  target: Cluster,
  identity: LinkIdentity,
  shard: number,
  options: LedgerWaits & { transactionTimeoutMs?: number } = {},
): Promise<{ session: TransactionSession; state: LedgerState }> {
  const transactionalId = transactionalIdOf(identity.ledgerTopic, shard);
  const { transactionTimeoutMs, signal } = options;
  const session = await openTransactionSession(target, {
    transactionalId,
    ...(transactionTimeoutMs !== undefined && { transactionTimeoutMs }),
    ...(signal && { signal }),
  });
  try {
    return { session, state: await readLinkLedger(target, identity, shard, options) };
  } catch (error) {
    await session[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Reads the ledger of a shard, and throws LedgerError when it is not that of the link. It is final for the
 * owner of the shard, after a takeover or a failed commit; to everybody else it shows what is decided by now.
 * Waits for open transactions, and throws UNDECIDED, as `readLedger`. Ends with the signal.
 */
export async function readLinkLedger(
  target: Cluster,
  identity: LinkIdentity,
  shard: number,
  options: LedgerWaits = {},
): Promise<LedgerState> {
  const state = await readLedger(target, identity.ledgerTopic, shard, options);
  const { partitions } = await target.topic(identity.ledgerTopic);
  checkGenesis(state.genesis, identity, partitions.length);
  return state;
}

/**
 * Throws LedgerError if the ledger belongs to another link or other clusters, or its partition count
 * changed.
 */
export function checkGenesis(genesis: Genesis, identity: LinkIdentity, ledgerPartitions: number): void {
  const { ledgerTopic } = identity;
  if (genesis.link !== identity.link) {
    throw new LedgerError(
      'OTHER_LINK',
      `${ledgerTopic} is the ledger of link ${genesis.link}, not ${identity.link}`,
    );
  }
  if (genesis.shards !== ledgerPartitions) {
    throw new LedgerError(
      'SHARDS_DIFFER',
      `${ledgerTopic} was begun with ${genesis.shards} partitions and has ${ledgerPartitions}: ` +
        'source partitions would change their shard',
    );
  }
  for (const side of ['source', 'target'] as const) {
    const [known, found] = [genesis[`${side}ClusterId`], identity[`${side}ClusterId`]];
    if (known === found) continue;
    throw new LedgerError(
      'OTHER_CLUSTER',
      `The ${side} of link ${identity.link} was ${known} and is now ${found}`,
    );
  }
}
