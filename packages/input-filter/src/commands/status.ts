import { KafkaError } from '@penstock/kafka';
import { unreadableInWindow } from '../partition/rebuild-window.ts';
import type { FilterGroup } from '../position/filter-group.ts';
import { isPassing } from '../position/passing-errors.ts';
import { pauseForRaw, pauseForOutput, type Pause, type PauseCode } from '../position/pause.ts';
import { collectEvidence, type Evidence } from '../position/collect-evidence.ts';
import { judgeStart } from '../position/starting-position.ts';
import { problemAt } from '../position/unreadable-batch.ts';

/** The group, as an operator looks at it from outside. */
export type OperatorTools = FilterGroup & { readonly member: null; readonly windowMs: number };

export type PartitionReport =
  | PartitionFacts
  /** It could not be looked at, in time or at all. */
  | { readonly partition: number; readonly state: 'unknown'; readonly detail: string };

interface PartitionFacts {
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

/** Each reads up to a window of events.seen, of which Kafka sends it up to 4 MiB ahead. */
const atATime = 4;
/** For what is asked of one partition. */
export const lookTimeoutMs = 60_000;

/**
 * Asks Kafka, not the running filters, so it answers even when they are all down.
 *
 * @param timeoutMs for each partition.
 */
export async function partitionReports(
  tools: OperatorTools,
  timeoutMs = lookTimeoutMs,
): Promise<PartitionReport[]> {
  const { partitions } = await tools.cluster.topic(tools.topics.raw);
  const reports: PartitionReport[] = [];
  const numbers = partitions.keys(); // shared: each takes the next one
  const lookAtNext = async () => {
    for (const partition of numbers) reports[partition] = await reportOf(partition, tools, timeoutMs);
  };
  await Promise.all(Array.from({ length: atATime }, lookAtNext));
  return reports;
}

async function reportOf(
  partition: number,
  tools: OperatorTools,
  timeoutMs: number,
): Promise<PartitionReport> {
  try {
    return await factsOf(partition, tools, AbortSignal.timeout(timeoutMs));
  } catch (error) {
    if (!isPassing(error) && !(error instanceof KafkaError)) throw error;
    const detail = `it could not be looked at in ${timeoutMs / 1000} s: ${(error as Error).message}`;
    return { partition, state: 'unknown', detail };
  }
}

async function factsOf(
  partition: number,
  tools: OperatorTools,
  signal: AbortSignal,
): Promise<PartitionFacts> {
  const evidence = await collectEvidence(partition, tools, signal);
  const decided = judgeStart(evidence);
  const { committed, rawStart, rawEnd, proven } = evidence.offsets;
  const lag = committed === null ? null : rawEnd - committed;
  const facts = { partition, committed, rawStart, rawEnd, lag, proven };
  if (decided.kind === 'continue')
    return { ...facts, ...(await whatComesNext(partition, decided.offset, evidence, tools, signal)) };
  if (decided.kind === 'first-start') return { ...facts, state: 'never started' };
  const { code, detail, resumeAt } = decided;
  return { ...facts, state: 'paused', code, detail, resumeAt };
}

/** The committed offset may be fine, and the batch at it not. */
async function whatComesNext(
  partition: number,
  offset: bigint,
  evidence: Evidence,
  tools: OperatorTools,
  signal: AbortSignal,
): Promise<Pick<PartitionFacts, 'state' | 'code' | 'detail' | 'resumeAt'>> {
  const found = await pauseAt(partition, offset, evidence, tools, signal);
  if (found === undefined) return { state: 'fine' };
  const { code, detail, resumeAt } = found;
  return { state: 'paused', code, detail, resumeAt };
}

/**
 * Why a filter pauses when it takes the partition over and reads on from this offset; undefined when it does
 * not.
 */
export async function pauseAt(
  partition: number,
  offset: bigint,
  evidence: Evidence,
  tools: OperatorTools,
  signal: AbortSignal,
): Promise<Pause | undefined> {
  const paused = await pauseOfSeen(partition, evidence, tools, signal);
  if (paused !== undefined) return paused;
  const { cluster, topics } = tools;
  const raw = { cluster, topic: topics.raw, partition };
  const problem = await problemAt(raw, offset, evidence.offsets.rawEnd, signal);
  return problem && pauseForRaw(problem);
}

/** Why a filter pauses when it rebuilds the window; undefined when it does not. */
export async function pauseOfSeen(
  partition: number,
  { offsets, metadata, seenEnd: end, lastSeen: last }: Evidence,
  tools: OperatorTools,
  signal: AbortSignal,
): Promise<Pause | undefined> {
  const seen = { partition, end, last, acceptedBelow: metadata.seenAccepted?.below ?? null };
  const problem = await unreadableInWindow(seen, tools.windowMs, tools, signal);
  return problem && pauseForOutput('seen-corrupt', problem, offsets);
}
