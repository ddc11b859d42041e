import type { FilterGroup } from '../position/filter-group.ts';
import { collectEvidence } from '../position/position-evidence.ts';
import { startingPosition } from '../position/starting-position.ts';

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
  if (decided.kind === 'continue') return { ...facts, state: 'fine' };
  if (decided.kind === 'first-start') return { ...facts, state: 'never started' };
  return { ...facts, state: 'paused', detail: decided.detail, resumeAt: decided.resumeAt };
}
