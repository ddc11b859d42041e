import {
  CorruptBatchError,
  readRecords,
  startFetcher,
  type FetchedBatch,
  type PartitionPlace,
  type PositionProblem,
} from '@penstock/kafka';

/** A batch that nobody can read lies in the way: what it holds is not known. */
export class UnreadableError extends Error {
  override readonly name = 'UnreadableError';
  readonly code = 'UNREADABLE_BATCH';
  readonly retryable = false;
  readonly problem: PositionProblem;

  constructor(problem: PositionProblem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/**
 * A batch whose checksum is right and whose records cannot be read: its bytes do not decompress, or their
 * lengths do not add up. It is in the log as somebody wrote it, so reading it again does not help.
 *
 * @param topic how it is called here.
 * @param from its first record that was not read. Those before it are fine.
 */
export function unreadable(
  topic: string,
  from: bigint,
  batch: FetchedBatch,
  error: CorruptBatchError,
): PositionProblem {
  const first = from > batch.baseOffset ? from : batch.baseOffset;
  const detail =
    `the batch of ${topic} offsets ${batch.baseOffset} to ${batch.lastOffset} cannot be read` +
    ` from offset ${first} on: ${error.message}`;
  return { kind: 'corrupt', from: first, to: batch.lastOffset + 1n, detail };
}

/**
 * Reads the next batch, as a filter would, to see what a filter meets at a position: for tools that ask Kafka
 * and not the filters.
 *
 * @param end of the log; nothing is read at it.
 * @returns what stops a filter there; undefined when its next step would do.
 */
export async function problemAt(
  { cluster, topic, partition }: PartitionPlace,
  from: bigint,
  end: bigint,
  signal: AbortSignal,
): Promise<PositionProblem | undefined> {
  using fetcher = startFetcher(cluster, { isolation: 'read_committed' });
  fetcher.assign(topic, partition, { offset: from, lastFetchedEpoch: -1 });
  for (let position = from; position < end;) {
    // What an open transaction hides is no problem of the position.
    const arrived = await fetcher.next({ maxWaitMs: 2_000, signal });
    if (arrived.length === 0) return undefined;
    for (const { problem, batches, nextOffset } of arrived) {
      if (problem !== undefined) return problem;
      const [batch] = batches;
      if (batch !== undefined) return problemIn(batch, from);
      position = nextOffset;
    }
  }
  return undefined;
}

function problemIn(batch: FetchedBatch, from: bigint): PositionProblem | undefined {
  let next = from;
  try {
    for (const record of readRecords(batch)) {
      record.headers();
      next = record.offset + 1n;
    }
  } catch (error) {
    if (error instanceof CorruptBatchError) return unreadable('raw', next, batch, error);
    throw error;
  }
  return undefined;
}
