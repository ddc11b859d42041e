import { openTxnSession, type Cluster, type TxnSession } from '@penstock/kafka';
import type { Genesis } from './genesis.ts';
import { LedgerError } from './ledger-error.ts';
import { readLedger, type LedgerState } from './read-ledger.ts';

/** What a ledger must be of: another link's, or another cluster's, is refused. */
export interface LinkIdentity {
  readonly link: string;
  readonly ledgerTopic: string;
  readonly sourceClusterId: string;
  readonly targetClusterId: string;
}

/** Only this transactional id ever writes partition `shard` of the ledger, or what the shard copies. */
export function transactionalIdOf(ledgerTopic: string, shard: number): string {
  return `${ledgerTopic}.${shard}`;
}

/**
 * Makes this process the one owner of a shard, however wrongly shards were handed out:
 *
 * 1. InitProducerId: an earlier owner can no longer write or commit; its open transaction is aborted, and one that it had
 *    committed is complete on every partition, markers included, before the answer comes.
 * 2. Then the ledger is read, up to its end as a read_committed reader sees it now. The order matters: read first, and
 *    the earlier owner commits between the two, and what it copied is copied again.
 *
 * The signal ends both, with its reason.
 *
 * A death after 1 leaves a shard without an open transaction; after 2 nothing.
 */
export async function takeOverShard(
  target: Cluster,
  identity: LinkIdentity,
  shard: number,
  options: { transactionTimeoutMs?: number; signal?: AbortSignal } = {},
): Promise<{ session: TxnSession; state: LedgerState }> {
  const transactionalId = transactionalIdOf(identity.ledgerTopic, shard);
  const session = await openTxnSession(target, { transactionalId, ...options });
  try {
    return { session, state: await readOwnedLedger(target, identity, shard, options) };
  } catch (error) {
    await session[Symbol.asyncDispose]();
    throw error;
  }
}

/** The ledger of a shard that this process owns: after a takeover, and after every commit that failed. Ends with the signal. */
export async function readOwnedLedger(
  target: Cluster,
  identity: LinkIdentity,
  shard: number,
  options: { signal?: AbortSignal } = {},
): Promise<LedgerState> {
  const state = await readLedger(target, identity.ledgerTopic, shard, options);
  const { partitions } = await target.topic(identity.ledgerTopic);
  checkGenesis(state.genesis, identity, partitions.length);
  return state;
}

/** Throws LedgerError when the ledger is of another link, between other clusters, or was given another partition count. */
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
      `${ledgerTopic} was begun with ${genesis.shards} partitions and has ${ledgerPartitions}: partitions would change their shard`,
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
