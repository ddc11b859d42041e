import { listOffsets, partitionName, PositionError, type PartitionPlace } from '@penstock/kafka';
import { endOfRun, type NearestRuns, type OffsetRun, type Side } from '@penstock/ledger';
import { matchInOrder } from './match-in-order.ts';
import { DigestStream } from './record-digests.ts';

export interface LinkedPartition {
  readonly source: PartitionPlace;
  readonly target: PartitionPlace;
  /** Where the link is: the source offsets below it are copied. */
  readonly position: bigint;
  /** A target offset that certainly held a copy; -1: none known. */
  readonly lastTargetOffset: bigint;
  /** Source offsets of records that the target could not take. */
  readonly rejected: ReadonlySet<bigint>;
  /** Why offsets of it mean nothing: an end of it is not what was copied. Null: both are. */
  readonly lost: string | null;
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
  if (linked.lost !== null) return refused(linked.lost);
  const here = await logEnds(linked[side]);
  if (offset < here.start) return refused(`the log begins at ${here.start} now`);
  if (offset > here.end) return refused(`the log ends at ${here.end}`);
  const target = side === 'target' ? here : await logEnds(linked.target);
  if (target.end <= linked.lastTargetOffset) {
    return refused(`the target has lost copies: its log ends at ${target.end} now`);
  }
  if (nearest.exact !== undefined) return { kind: 'exact', offset: nearest.exact };
  if (side === 'source' && offset > linked.position) return refused(`copied only up to ${linked.position}`);
  // Its records would have to be read up to there, and nobody knows how long that waits.
  if (offset > here.stableEnd) return refused(undecided(side, linked[side], here.stableEnd));
  try {
    const { before } = nearest;
    const anchor = before === undefined ? await commonStart(linked) : anchorOf(before, side, offset);
    if (anchor === undefined) {
      return target.stableEnd === 0n
        ? refused(undecided('target', linked.target, target.stableEnd))
        : refused('it is older than the offset pairs that are kept and still count');
    }
    return side === 'source'
      ? await toTarget(linked, offset, anchor, nearest.after?.target ?? target.end, target.stableEnd)
      : await toSource(linked, offset, anchor, nearest.after?.source);
  } catch (error) {
    if (error instanceof PositionError) return refused(error.message);
    throw error;
  }
}

/** What hides records that a transaction has written and not ended, and all that is behind them. */
export function undecided(side: Side, { topic, partition }: PartitionPlace, stableEnd: bigint): string {
  const name = partitionName(topic, partition);
  return `${name} of the ${side} is undecided from offset ${stableEnd} on, by a transaction that is open`;
}

/** Where the log of a partition begins and ends. */
export interface LogEnds {
  readonly start: bigint;
  /** The last stable offset: up to there everything is decided, and can be read. */
  readonly stableEnd: bigint;
  /**
   * The high watermark: up to there records are written, and a reader may stand. An open transaction of
   * anybody keeps the stable end below it, with committed copies between the two. So only this one tells
   * whether the log still has an offset.
   */
  readonly end: bigint;
}

export async function logEnds({ cluster, topic, partition }: PartitionPlace): Promise<LogEnds> {
  const [starts, stableEnds, ends] = await Promise.all([
    listOffsets(cluster, topic, [partition], 'earliest', 'read_uncommitted'),
    listOffsets(cluster, topic, [partition], 'latest', 'read_committed'),
    listOffsets(cluster, topic, [partition], 'latest', 'read_uncommitted'),
  ]);
  const [start, stableEnd, end] = [starts, stableEnds, ends].map((found) => found.get(partition)?.offset);
  return { start: start ?? 0n, stableEnd: stableEnd ?? 0n, end: end ?? 0n };
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

/**
 * The copies from the anchor on, up to the first that is not among what was read. `until`: where the copies
 * of what comes after it begin, or all of them end. They can be read up to `stableEnd` only.
 */
async function toTarget(
  { source, target, rejected }: LinkedPartition,
  offset: bigint,
  anchor: Anchor,
  until: bigint,
  stableEnd: bigint,
): Promise<Translated> {
  const to = until < stableEnd ? until : stableEnd;
  using copies = new DigestStream({ ...target, from: anchor.target, to });
  using originals = new DigestStream({ ...source, from: anchor.source, to: offset });
  const read = withoutThese(originals, rejected);
  const { last, missing, left } = await matchInOrder(copies, read);
  if (missing !== undefined && left > 0) {
    const { start } = await logEnds(source);
    if (start > anchor.source) return refused(notThere);
    const differs = { source: last === undefined ? anchor.source : last.many + 1n, target: missing };
    return { ...refused(`the target differs from offset ${missing} on`), differs };
  }
  // Copies of the rest of what was read may be among those that cannot be seen yet.
  const seenAll = missing !== undefined || until <= stableEnd || (await read.peek()) === undefined;
  if (!seenAll) return refused(undecided('target', target, stableEnd));
  return { kind: 'exact', offset: last === undefined ? anchor.target : last.few + 1n };
}

/** The originals of what was read, from the anchor on. What was never copied lies between or after them. */
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
 * can be found by comparing from there on. A mirror that died early has written none, for example. And where
 * the target never had anything, there was nothing to copy: one that had and lost it was refused before.
 */
async function commonStart({ source, target }: LinkedPartition): Promise<Anchor | undefined> {
  const [here, there] = [await logEnds(source), await logEnds(target)];
  if (there.start > 0n) return undefined;
  const anchor = { source: here.start, target: there.start };
  if (here.start === 0n || there.end === 0n) return anchor;
  using originals = new DigestStream({ ...source, from: here.start, to: here.stableEnd });
  using copies = new DigestStream({ ...target, from: there.start, to: there.stableEnd });
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

const notThere = 'the source does not have some of the records any more that were copied';

function refused(why: string): Translated & { kind: 'refused' } {
  return { kind: 'refused', why };
}
