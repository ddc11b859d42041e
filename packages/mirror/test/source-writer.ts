import { setTimeout as sleep } from 'node:timers/promises';
import { codecs, encodeBatch, listOffsets, openTransactionSession, type Cluster } from '@penstock/kafka';
import { uniqueName } from '@penstock/test-broker';
import type { MirrorProcess, PartitionStatus } from './mirror-process.ts';
import { eventually } from './two-clusters.ts';

/**
 * Transactions of ten records for each partition, codec after codec; every other one is aborted once its
 * records are likely to be in the log. Stops early at the signal, between two transactions.
 */
export async function writeTransactions(
  source: Cluster,
  topic: string,
  partitions: readonly number[],
  transactions: number,
  signal?: AbortSignal,
): Promise<void> {
  await using session = await openTransactionSession(source, { transactionalId: uniqueName('writer') });
  for (let round = 0; round < transactions && signal?.aborted !== true; round += 1) {
    const codec = codecs[(round >> 1) % codecs.length] ?? 'none';
    for (const partition of partitions) {
      session.append(topic, partition, encodeBatch(tenRecords(partition, round), { codec }));
    }
    if (round % 2 === 0) {
      await session.commit();
      continue;
    }
    await sleep(30);
    await session.abort();
  }
}

/** Committed transactions of ten records: 11 offsets each, with their marker. All of it is visible then. */
export async function writeCommitted(
  source: Cluster,
  topic: string,
  partitions: readonly number[],
  transactions: number,
): Promise<void> {
  const transactionalId = uniqueName('writer');
  await using session = await openTransactionSession(source, { transactionalId });
  for (let round = 0; round < transactions; round += 1) {
    for (const partition of partitions)
      session.append(topic, partition, encodeBatch(tenRecords(partition, round)));
    await session.commit();
  }
  // A broker acknowledges a commit before its markers are written. Who takes the id over waits for them.
  await using _next = await openTransactionSession(source, { transactionalId });
}

function tenRecords(partition: number, round: number) {
  return Array.from({ length: 10 }, (_, index) => ({
    key: index % 5 === 0 ? null : Buffer.from(`key ${partition}`),
    value: index % 7 === 0 ? null : Buffer.from(`${round} ${index} ü\t\n\0`.repeat(1 + index)),
    headers: [
      ['round', String(round)],
      ['empty', Buffer.alloc(0)],
      ['none', null],
    ] as const,
    timestampMs: Date.now() - 1000 * index,
  }));
}

/** Waits until the mirror has committed everything that is committed at the source now. */
export async function copiedUpToNow(
  mirror: MirrorProcess,
  source: Cluster,
  topic: string,
  partitions: readonly number[],
  isolation: 'read_committed' | 'read_uncommitted' = 'read_committed',
): Promise<void> {
  const ends = await listOffsets(source, topic, partitions, 'latest', isolation);
  await eventually(`${topic} is copied up to its end`, async () => {
    if (mirror.process.exit) throw new Error(`the mirror has ended\n${mirror.log()}`);
    const states = await partitionStates(mirror);
    const behind = partitions.filter((partition) => {
      const position = states.get(`${topic}-${partition}`)?.position ?? '-1';
      return BigInt(position) < (ends.get(partition)?.offset ?? 0n);
    });
    return behind.length === 0 ? true : undefined;
  });
}

/** By the partition's name. */
export async function partitionStates(mirror: MirrorProcess): Promise<Map<string, PartitionStatus>> {
  const status = await mirror.status();
  const states = status?.shards?.flatMap((shard) => shard.partitions) ?? [];
  return new Map(states.map((state) => [state.partition, state]));
}

/** Waits until a partition is in a phase, and answers its state. */
export function untilPhase(
  mirror: MirrorProcess,
  partition: string,
  phase: string,
): Promise<PartitionStatus> {
  return eventually(`${partition} is ${phase}`, async () => {
    const state = (await partitionStates(mirror)).get(partition);
    return state?.phase === phase ? state : undefined;
  });
}

/** Waits until a partition is copied up to an offset exactly. */
export async function untilPosition(
  mirror: MirrorProcess,
  partition: string,
  position: bigint,
): Promise<void> {
  let seen: string | null | undefined;
  const reached = async () => {
    seen = (await partitionStates(mirror)).get(partition)?.position;
    return seen === String(position) ? true : undefined;
  };
  await eventually(`${partition} is copied up to ${position}`, reached).catch((cause: unknown) => {
    throw new Error(`it is at ${seen}\n${mirror.log()}`, { cause });
  });
}

/** Waits until a process works on so many shards. */
export async function ownsShards(mirror: MirrorProcess, count: number): Promise<void> {
  await eventually(`the process owns ${count} shards`, async () => {
    const shards = (await mirror.status())?.shards ?? [];
    return shards.filter(({ idleBecause }) => idleBecause === null).length === count ? true : undefined;
  });
}
