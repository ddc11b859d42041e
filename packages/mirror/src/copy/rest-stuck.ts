import { isSamePartition, type Log, type TopicPartition, type TransactionError } from '@penstock/kafka';
import type { CopiedPartition } from './copied-partition.ts';

/**
 * Leaves out those whose target partitions took nothing in an aborted transaction, each for a while. Where
 * the shard's partition of the ledger took nothing either, nothing at all can be committed. Where nobody goes
 * on, those that began to rest before, while others went on, are tried with them.
 */
export function restStuck(
  partitions: readonly CopiedPartition[],
  ledger: TopicPartition,
  { stuck, code }: Pick<TransactionError, 'stuck' | 'code'>,
  log: Log,
): void {
  const resting = partitions.filter(({ target }) => stuck.some((each) => isSamePartition(target, each)));
  const canCommit = !stuck.some((each) => isSamePartition(ledger, each));
  const othersGoOn =
    canCommit && partitions.some((each) => each.phase === 'copying' && !resting.includes(each));
  for (const partition of resting) {
    const restMs = partition.beginRest(othersGoOn ? 'others' : 'nobody');
    const what = othersGoOn
      ? 'target partition takes nothing; the others go on'
      : 'target partition takes nothing, and no other of its shard is copied';
    log.warn({ partition: partition.name, code, restMs }, what);
  }
  if (othersGoOn) return;
  const untilAt = Math.min(...resting.map(({ restsUntil = Infinity }) => restsUntil));
  for (const partition of partitions) if (partition.pause === null) partition.restNoLongerThan(untilAt);
}

/** When the first of those that rest is to be tried again; Infinity: none rests. */
export function firstRestedAt(partitions: Iterable<CopiedPartition>, now: number): number {
  let first = Infinity;
  for (const { restsUntil = Infinity } of partitions)
    if (restsUntil > now) first = Math.min(first, restsUntil);
  return first;
}
