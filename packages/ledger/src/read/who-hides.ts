import { KafkaError, namedTransactions, partitionName, type PartitionPlace } from '@penstock/kafka';
import { LedgerError } from '../ledger-error.ts';
import { transactionalIdOf } from '../shard-of.ts';
import type { LedgerWaits } from './decided-end.ts';

const stranger =
  'End that transaction: its program commits or aborts it, or stop that program and Kafka aborts it after ' +
  'its transaction.timeout.ms. If it stays open: docs/runbooks/stuck-lso.md, "In a ledger of the Mirror"';
const own =
  'That is a mirror of this shard which died while it committed: its next owner aborts it, or Kafka does ' +
  'after its transaction timeout. Try again then';

/**
 * LedgerError UNDECIDED: whose transaction hides a ledger partition from `end` on, and what to do. It asks
 * every broker. Throws the signal's reason.
 */
export async function whoHides(
  { cluster, topic, partition }: PartitionPlace,
  end: bigint,
  { signal }: Pick<LedgerWaits, 'signal'> = {},
): Promise<LedgerError> {
  const name = partitionName(topic, partition);
  const what = `${name} is undecided from offset ${end} on, and commits behind that are hidden: `;
  try {
    const open = await namedTransactions(cluster, [{ topic, partition }], { timeoutMs: 5_000, signal });
    const owners = open.map(({ producerId, producerEpoch: epoch, transactionalId: id, firstOffset }) => {
      const whose = id === undefined ? unknown : `transactional id ${id}`;
      const producer = `producer id ${producerId}, epoch ${epoch}`;
      return `${whose} (${producer}) has a transaction open since offset ${firstOffset}`;
    });
    const who = owners.join(', and ') || 'a transaction was open there until now';
    const isOwn = open.every(({ transactionalId: id }) => id === transactionalIdOf(topic, partition));
    const mend = open.length === 0 ? 'Try again' : isOwn ? own : stranger;
    return new LedgerError('UNDECIDED', `${what}${who}. ${mend}`, { isOwn });
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    const who = `a transaction is open there, and Kafka does not say whose (${error.message})`;
    return new LedgerError('UNDECIDED', `${what}${who}. ${stranger}`);
  }
}

const unknown =
  'a transactional id that no coordinator knows, or that we may not see (Describe on TransactionalId)';
