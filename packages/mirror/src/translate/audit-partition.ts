import { partitionName, PositionError } from '@penstock/kafka';
import type { NearestRuns } from '@penstock/ledger';
import type { NamedLinkedPartition } from './linked-partitions.ts';
import { DigestStream } from './record-digests.ts';
import { RunningSum } from './running-sum.ts';
import { logEnds, translateOffset, undecided, type Translated } from './translate-offset.ts';

/** What became of a range of source offsets. Offsets are text, because JSON has no 64 bits. */
export interface Audited {
  readonly partition: string;
  readonly target: string;
  /** unknown: the two ends of the range cannot be found on the target. */
  readonly verdict: 'equal' | 'different' | 'unknown';
  readonly why: string | null;
  /** Source offsets [from, to). Null: nobody named one, and where the copies begin is unknown. */
  readonly from: string | null;
  readonly to: string;
  readonly targetFrom: string | null;
  readonly targetTo: string | null;
  /** Committed records in the range, without those that were rejected. */
  readonly sourceRecords: number;
  readonly targetRecords: number;
  /** Source records that the target could not take, of which it has a reference. */
  readonly rejected: number;
  /** CRC-32 over the CRC-32 of every record, in their order: time, key, value and headers. */
  readonly sourceCrc: string | null;
  readonly targetCrc: string | null;
  readonly firstDifference: { readonly source: string | null; readonly target: string | null } | null;
}

export interface AuditRange {
  /** Null only where an end of the partition is lost. */
  readonly from: bigint | null;
  readonly to: bigint;
}

/**
 * Compares the records of a range one by one with their copies. `begin` and `end` are the runs around its two
 * ends. Both sides are read once, with little memory. Records that retention deletes meanwhile make it
 * unknown.
 */
export async function auditPartition(
  linked: NamedLinkedPartition,
  { from, to }: AuditRange,
  [begin, end]: readonly [NearestRuns, NearestRuns],
  progress: (records: number) => void,
): Promise<Audited> {
  const { name, source, target, rejected } = linked;
  const of = { partition: name, target: partitionName(target.topic, target.partition) };
  const asked = { from: from === null ? null : String(from), to: String(to) };
  const leftOut = [...rejected].filter((offset) => offset >= (from ?? 0n) && offset < to).length;
  const unknown = (why: string): Audited => ({
    ...{ ...of, verdict: 'unknown', why, ...asked, targetFrom: null, targetTo: null, sourceRecords: 0 },
    ...{ targetRecords: 0, rejected: leftOut, sourceCrc: null, targetCrc: null, firstDifference: null },
  });
  const notFound = (offset: bigint, { why, differs }: Translated & { kind: 'refused' }): Audited => {
    const answer = unknown(`${offset} on the target: ${why}`);
    if (differs === undefined) return answer;
    const firstDifference = { source: String(differs.source), target: String(differs.target) };
    return { ...answer, verdict: 'different', firstDifference };
  };
  if (from === null) return unknown(linked.lost ?? 'nobody knows where its copies begin');
  try {
    const first = await translateOffset(linked, 'source', from, begin);
    if (first.kind === 'refused') return notFound(from, first);
    const last = await translateOffset(linked, 'source', to, end);
    if (last.kind === 'refused') return notFound(to, last);
    const { stableEnd } = await logEnds(target);
    // The pairs tell exact offsets of copies that cannot be read yet.
    if (last.offset > stableEnd) return unknown(undecided('target', target, stableEnd));
    using originals = new DigestStream({ ...source, from, to });
    using copies = new DigestStream({ ...target, from: first.offset, to: last.offset });
    const compared = await compare(originals, copies, rejected, progress);
    return {
      ...of,
      verdict: compared.firstDifference === null ? 'equal' : 'different',
      why: null,
      ...asked,
      targetFrom: String(first.offset),
      targetTo: String(last.offset),
      rejected: leftOut,
      ...compared,
    };
  } catch (error) {
    if (error instanceof PositionError) return unknown(error.message);
    throw error;
  }
}

/** The first source offset from which both sides can be compared: what one of them has lost is left out. */
export async function comparableFrom(
  linked: NamedLinkedPartition,
  atStarts: { readonly source: NearestRuns; readonly target: NearestRuns },
): Promise<bigint> {
  const { start: sourceStart } = await logEnds(linked.source);
  const { start: targetStart } = await logEnds(linked.target);
  const there = await translateOffset(linked, 'source', sourceStart, atStarts.source);
  const bySource = there.kind === 'exact' ? sourceStart : atStarts.source.after?.source;
  const here = await translateOffset(linked, 'target', targetStart, atStarts.target);
  const byTarget = here.kind === 'exact' ? here.offset : atStarts.target.after?.source;
  return [bySource, byTarget].reduce<bigint>(
    (latest, each) => (each !== undefined && each > latest ? each : latest),
    sourceStart,
  );
}

type Compared = Pick<
  Audited,
  'sourceRecords' | 'targetRecords' | 'sourceCrc' | 'targetCrc' | 'firstDifference'
>;

const progressEvery = 100_000;

async function compare(
  originals: DigestStream,
  copies: DigestStream,
  rejected: ReadonlySet<bigint>,
  progress: (records: number) => void,
): Promise<Compared> {
  const sums = { source: new RunningSum(), target: new RunningSum() };
  let firstDifference: Compared['firstDifference'] = null;
  for (;;) {
    let original = await originals.peek();
    while (original !== undefined && rejected.has(original.offset)) {
      originals.take();
      original = await originals.peek();
    }
    const copy = await copies.peek();
    if (original === undefined && copy === undefined) break;
    if (firstDifference === null && original?.crc !== copy?.crc) {
      const text = (offset: bigint | undefined) => (offset === undefined ? null : String(offset));
      firstDifference = { source: text(original?.offset), target: text(copy?.offset) };
    }
    if (original !== undefined) {
      sums.source.add(original.crc);
      originals.take();
    }
    if (copy !== undefined) {
      sums.target.add(copy.crc);
      copies.take();
    }
    if (sums.source.count % progressEvery === 0 && original !== undefined) progress(sums.source.count);
  }
  return {
    sourceRecords: sums.source.count,
    targetRecords: sums.target.count,
    sourceCrc: sums.source.hex,
    targetCrc: sums.target.hex,
    firstDifference,
  };
}
