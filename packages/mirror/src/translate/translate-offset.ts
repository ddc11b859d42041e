import { listOffsets, PositionError, type Cluster } from '@penstock/kafka';
import { endOfRun, type NearestRuns, type OffsetRun, type Side } from '@penstock/ledger';
import { matchInOrder } from './match-in-order.ts';
import { DigestStream } from './record-digests.ts';

/** A partition of the link on one of its clusters. */
export interface PartitionPlace {
  readonly cluster: Cluster;
  readonly topic: string;
  readonly partition: number;
}

export interface LinkedPartition {
  readonly source: PartitionPlace;
  readonly target: PartitionPlace;
  /** Where the link is: the source offsets below it are copied. */
  readonly position: bigint;
  /** Source offsets of records that the target could not take. */
  readonly rejected: ReadonlySet<bigint>;
}

export type Translated =
  | { readonly kind: 'exact'; readonly offset: bigint }
  /** Nobody knows for certain, and a guess would lose or double records. */
  | {
      readonly kind: 'refused';
      readonly why: string;
      /** The source still has all its records, and here the target has others. */
      readonly differs?: { readonly source: bigint; readonly target: bigint };
    };

/**
 * The offset on the other cluster at which a reader goes on who has read everything below `offset` here:
 * nothing is read twice, nothing is left out. Where the pairs do not tell it (in batches with gaps, and where
 * a mirror died before it could write its last pairs), the records of both sides are compared.
 */
export async function translateOffset(
  linked: LinkedPartition,
  side: Side,
  offset: bigint,
  nearest: NearestRuns,
): Promise<Translated> {
  const [start, end] = await logRange(linked[side]);
  if (offset < start) return refused(`the log begins at ${start} now`);
  if (offset > end) return refused(`the log ends at ${end}`);
  if (nearest.exact !== undefined) return { kind: 'exact', offset: nearest.exact };
  if (side === 'source' && offset > linked.position) return refused(`copied only up to ${linked.position}`);
  try {
    const { before } = nearest;
    const anchor = before === undefined ? await commonStart(linked) : anchorOf(before, side, offset);
    if (anchor === undefined) return refused('it is older than the offset pairs that are kept');
    return side === 'source'
      ? await toTarget(linked, offset, anchor, nearest.after?.target)
      : await toSource(linked, offset, anchor, nearest.after?.source);
  } catch (error) {
    if (error instanceof PositionError) return refused(error.message);
    throw error;
  }
}

interface Anchor {
  readonly source: bigint;
  readonly target: bigint;
}

function anchorOf(run: OffsetRun, side: Side, offset: bigint): Anchor {
  return offset < endOfRun(run, side)
    ? { source: run.source, target: run.target }
    : { source: endOfRun(run, 'source'), target: endOfRun(run, 'target') };
}

/** The copies from the anchor on, up to the first that is not among what was read. */
async function toTarget(
  { source, target, rejected }: LinkedPartition,
  offset: bigint,
  anchor: Anchor,
  nextRun: bigint | undefined,
): Promise<Translated> {
  const [, targetEnd] = await logRange(target);
  using copies = new DigestStream({ ...target, from: anchor.target, to: nextRun ?? targetEnd });
  using read = new DigestStream({ ...source, from: anchor.source, to: offset });
  const { last, missing, left } = await matchInOrder(copies, withoutThese(read, rejected));
  if (missing !== undefined && left > 0) {
    const [sourceStart] = await logRange(source);
    if (sourceStart > anchor.source) return refused(notThere);
    const differs = { source: last === undefined ? anchor.source : last.many + 1n, target: missing };
    return { ...refused(`the target differs from offset ${missing} on`), differs };
  }
  return { kind: 'exact', offset: last === undefined ? anchor.target : last.few + 1n };
}

/** The originals of what was read, from the anchor on. What was never copied lies between them, or behind. */
async function toSource(
  { source, target, position }: LinkedPartition,
  offset: bigint,
  anchor: Anchor,
  nextRun: bigint | undefined,
): Promise<Translated> {
  using read = new DigestStream({ ...target, from: anchor.target, to: offset });
  using originals = new DigestStream({ ...source, from: anchor.source, to: nextRun ?? position });
  const { last, missing } = await matchInOrder(read, originals);
  if (missing !== undefined) return refused(notThere);
  return { kind: 'exact', offset: last === undefined ? anchor.source : last.many + 1n };
}

/**
 * Where both logs begin, if nothing shows that they have lost their beginnings: then whatever has no pairs
 * can be found by comparing from there on. A mirror that died early has written none, for example.
 */
async function commonStart({ source, target }: LinkedPartition): Promise<Anchor | undefined> {
  const [[sourceStart, sourceEnd], [targetStart, targetEnd]] = [
    await logRange(source),
    await logRange(target),
  ];
  if (targetStart > 0n) return undefined;
  const anchor = { source: sourceStart, target: targetStart };
  if (sourceStart === 0n) return anchor;
  using originals = new DigestStream({ ...source, from: sourceStart, to: sourceEnd });
  using copies = new DigestStream({ ...target, from: targetStart, to: targetEnd });
  const [original, copy] = [await originals.peek(), await copies.peek()];
  return original !== undefined && original.crc === copy?.crc ? anchor : undefined;
}

function withoutThese(
  stream: DigestStream,
  offsets: ReadonlySet<bigint>,
): Pick<DigestStream, 'peek' | 'take'> {
  return {
    async peek() {
      for (let next = await stream.peek(); ; next = await stream.peek()) {
        if (next === undefined || !offsets.has(next.offset)) return next;
        stream.take();
      }
    },
    take: () => stream.take(),
  };
}

/** The first offset of a partition, and the end of what is committed. */
export async function logRange({ cluster, topic, partition }: PartitionPlace): Promise<[bigint, bigint]> {
  const [starts, ends] = await Promise.all([
    listOffsets(cluster, topic, [partition], 'earliest', 'read_committed'),
    listOffsets(cluster, topic, [partition], 'latest', 'read_committed'),
  ]);
  return [starts.get(partition)?.offset ?? 0n, ends.get(partition)?.offset ?? 0n];
}

const notThere = 'the source does not have some of the records any more that were copied';

function refused(why: string): Translated & { kind: 'refused' } {
  return { kind: 'refused', why };
}
