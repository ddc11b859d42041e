import type { FilterGroup } from '../position/filter-group.ts';
import { collectEvidence } from '../position/position-evidence.ts';
import { pauseFor, type Pause, type PauseCode } from '../position/pause.ts';
import { startingPosition } from '../position/starting-position.ts';
import { problemAt } from '../position/unreadable-batch.ts';

/** The group, as an operator looks at it from outside. */
export type OperatorTools = FilterGroup & { readonly member: null };

export interface PartitionReport {
  readonly partition: number;
  /** What a filter that is assigned this partition now would do. */
  readonly state: 'fine' | 'never started' | 'paused';
  readonly committed: bigint | null;
  readonly rawStart: bigint;
  readonly rawEnd: bigint;
  readonly lag: bigint | null;
  /** The output proves that everything below was filtered. */
  readonly proven: bigint | null;
  readonly code?: PauseCode;
  readonly detail?: string;
  readonly resumeAt?: bigint | null;
}

/** Asks Kafka, not the running filters, so it answers even when they are all down. */
export async function partitionReports(tools: OperatorTools): Promise<PartitionReport[]> {
  const { partitions } = await tools.cluster.topic(tools.topics.raw);
  return Promise.all(partitions.map((_, partition) => reportOf(partition, tools)));
}

async function reportOf(partition: number, tools: OperatorTools): Promise<PartitionReport> {
  const { position } = await collectEvidence(partition, tools, AbortSignal.timeout(60_000));
  const decided = startingPosition(position);
  const { committed, rawStart, rawEnd, proven } = position;
  const lag = committed === null ? null : rawEnd - committed;
  const facts = { partition, committed, rawStart, rawEnd, lag, proven };
  if (decided.kind === 'continue')
    return { ...facts, ...(await whatComesNext(partition, decided.offset, rawEnd, tools)) };
  if (decided.kind === 'first-start') return { ...facts, state: 'never started' };
  const { code, detail, resumeAt } = decided;
  return { ...facts, state: 'paused', code, detail, resumeAt };
}

/** The committed offset may be fine, and the batch behind it not. */
async function whatComesNext(
  partition: number,
  offset: bigint,
  rawEnd: bigint,
  tools: OperatorTools,
): Promise<Pick<PartitionReport, 'state' | 'code' | 'detail' | 'resumeAt'>> {
  const found = await pauseAt(partition, offset, rawEnd, tools);
  if (found === undefined) return { state: 'fine' };
  const { code, detail, resumeAt } = found;
  return { state: 'paused', code, detail, resumeAt };
}

/** Why a filter pauses at this offset when it reads on; undefined when it does not. */
export async function pauseAt(
  partition: number,
  offset: bigint,
  rawEnd: bigint,
  { cluster, topics }: OperatorTools,
): Promise<Pause | undefined> {
  const signal = AbortSignal.timeout(60_000);
  const problem = await problemAt(cluster, topics.raw, partition, offset, rawEnd, signal);
  return problem && pauseFor(problem);
}
