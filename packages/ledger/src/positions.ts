import { CompactReader, CompactWriter } from './compact.ts';
import { LedgerError } from './ledger-error.ts';

/** Why a partition is not copied until an operator answers (`resume`), or until the cause is gone. */
export const pauseKinds = [
  'truncated', // the source lost records that were copied: [from, to) exists on the target only
  'recreated', // the source topic has another id: [from, to) is the new one, nothing of it is copied
  'overtaken', // retention deleted [from, to) before it was copied
  'beyond-end', // the position lies behind the source's end: [from, to) is gone there
  'target-lost', // the target lost records that were copied: target offsets [from, to)
  'target-not-empty', // a partition to be started whose target partition has records: target offsets [from, to)
  'refused', // the target does not take the records [from, to)
  'corrupt', // the source's records [from, to) fail their checksum
] as const;

export type PauseKind = (typeof pauseKinds)[number];

/** Why a partition stands still, and which offsets that concerns. */
export interface Pause {
  readonly kind: PauseKind;
  /** First offset concerned. */
  readonly from: bigint;
  /** One past the last. */
  readonly to: bigint;
}

/** Where a link stands in one source partition. */
export interface PartitionPosition {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  /** The next source offset to copy. */
  readonly position: bigint;
  /** Leader epoch of the last source batch copied; -1: none yet. */
  readonly leaderEpoch: number;
  /** A target offset that a copied record certainly has, one transaction late; -1: none known. */
  readonly lastTargetOffset: bigint;
  /** The topic was gone from the source when last looked for. Kept for ever: a name that returns is no first start. */
  readonly retired: boolean;
  readonly pause: Pause | null;
}

/** What a shard commits: everything it knows, in one record. */
export interface Positions {
  /** Where in this ledger partition the genesis lies that was in force: found without reading from the start. */
  readonly genesisOffset: bigint;
  readonly partitions: readonly PartitionPosition[];
}

/**
 * All positions of a shard in one record: written with every commit, four times a second and shard, so size counts.
 * 24 partitions take about 350 bytes (as JSON 3 KB); one record per partition would cost 70 bytes of frame each.
 *
 * Layout, numbers as LEB128: version 1 | genesis offset | topics: count, { id 16 bytes, name length, name } |
 * partitions: count, { topic index, partition, position, leader epoch + 1, last target offset + 1, state }, where state
 * is 0 active, 1 retired, and 2 + 2 * kind + retired for a pause, which is followed by { from, to }.
 */
export function encodePositions(positions: Positions): Buffer {
  const topics = [...new Set(positions.partitions.map(topicKey))];
  const out = new CompactWriter();
  out.natural(1);
  out.natural(positions.genesisOffset);
  out.natural(topics.length);
  for (const key of topics) {
    out.bytes(Buffer.from(key.slice(0, 36).replaceAll('-', ''), 'hex'));
    const name = Buffer.from(key.slice(36));
    out.natural(name.length);
    out.bytes(name);
  }
  out.natural(positions.partitions.length);
  for (const p of positions.partitions) {
    out.natural(topics.indexOf(topicKey(p)));
    out.natural(p.partition);
    out.natural(p.position);
    out.natural(p.leaderEpoch + 1);
    out.natural(p.lastTargetOffset + 1n);
    out.natural((p.pause === null ? 0 : 2 + 2 * pauseKinds.indexOf(p.pause.kind)) + (p.retired ? 1 : 0));
    if (p.pause === null) continue;
    out.natural(p.pause.from);
    out.natural(p.pause.to);
  }
  return out.finish();
}

/** Throws LedgerError when the bytes are not positions that this version understands. */
export function decodePositions(bytes: Uint8Array): Positions {
  const input = new CompactReader(bytes);
  if (input.number() !== 1) {
    throw new LedgerError('UNKNOWN_VERSION', 'The positions were written by a newer version of the mirror');
  }
  const genesisOffset = input.natural();
  const topics: { topicId: string; topic: string }[] = [];
  for (let left = input.number(); left > 0; left -= 1) {
    const topicId = uuid(input.bytes(16));
    topics.push({ topicId, topic: input.bytes(input.number()).toString() });
  }
  const partitions: PartitionPosition[] = [];
  for (let left = input.number(); left > 0; left -= 1) {
    const topic = topics[input.number()];
    if (topic === undefined)
      throw new LedgerError('CORRUPT_RECORD', 'Ledger: a position of an unlisted topic');
    partitions.push({ ...topic, ...decodePartition(input) });
  }
  return { genesisOffset, partitions };
}

function decodePartition(input: CompactReader): Omit<PartitionPosition, 'topic' | 'topicId'> {
  const partition = input.number();
  const position = input.natural();
  const leaderEpoch = input.number() - 1;
  const lastTargetOffset = input.natural() - 1n;
  const state = input.number();
  const retired = state % 2 === 1;
  if (state < 2) return { partition, position, leaderEpoch, lastTargetOffset, retired, pause: null };
  const kind = pauseKinds[(state >> 1) - 1];
  if (kind === undefined) {
    throw new LedgerError('UNKNOWN_VERSION', 'A pause was written by a newer version of the mirror');
  }
  const pause = { kind, from: input.natural(), to: input.natural() };
  return { partition, position, leaderEpoch, lastTargetOffset, retired, pause };
}

function topicKey(p: PartitionPosition): string {
  return p.topicId + p.topic;
}

function uuid(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
