import { partitionName, type OutgoingRecord, type TopicPartition } from '@penstock/kafka';
import { CompactReader, CompactWriter } from './compact.ts';
import { LedgerError } from './ledger-error.ts';

/**
 * `count` records of a source partition lie on the target from `target` on. Their source offsets begin at
 * `source`. If `sourceSpan` equals `count`, they are consecutive there too, so each has its exact
 * counterpart. A run of no records says where the copying goes on after an operator's answer.
 */
export interface OffsetRun {
  readonly source: bigint;
  readonly target: bigint;
  readonly count: number;
  readonly sourceSpan: number;
}

/** Appends a run, as one with the last when the two continue each other on both sides without a gap. */
export function addRun(runs: OffsetRun[], run: OffsetRun): void {
  const last = runs.at(-1);
  const continues =
    last !== undefined &&
    last.sourceSpan === last.count &&
    run.sourceSpan === run.count &&
    last.source + BigInt(last.count) === run.source &&
    last.target + BigInt(last.count) === run.target;
  if (!continues) {
    runs.push(run);
    return;
  }
  const count = last.count + run.count;
  runs[runs.length - 1] = { source: last.source, target: last.target, count, sourceSpan: count };
}

/**
 * One commit's copies of one source partition, for translating consumer offsets between the clusters.
 * Layout, numbers as LEB128: version 1 | count, { source - previous source, target - previous target, count,
 * source span }.
 */
export function pairsRecord(
  partition: TopicPartition,
  runs: readonly OffsetRun[],
  nowMs: number,
): OutgoingRecord {
  const out = new CompactWriter();
  out.natural(1);
  out.natural(runs.length);
  let source = 0n;
  let target = 0n;
  for (const run of runs) {
    out.natural(run.source - source);
    out.natural(run.target - target);
    out.natural(run.count);
    out.natural(run.sourceSpan);
    source = run.source;
    target = run.target;
  }
  const key = Buffer.from(partitionName(partition.topic, partition.partition));
  return { key, value: out.finish(), timestampMs: nowMs };
}

/** Throws LedgerError for bytes that are not pairs. */
export function decodePairs(value: Uint8Array): OffsetRun[] {
  const input = new CompactReader(value);
  if (input.number() !== 1) {
    throw new LedgerError('UNKNOWN_VERSION', 'The pairs were written by a newer version of the mirror');
  }
  const runs: OffsetRun[] = [];
  let source = 0n;
  let target = 0n;
  for (let left = input.number(); left > 0; left -= 1) {
    source += input.natural();
    target += input.natural();
    runs.push({ source, target, count: input.number(), sourceSpan: input.number() });
  }
  return runs;
}
