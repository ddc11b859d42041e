import { CompactReader, CompactWriter } from './compact.ts';
import { LedgerError } from './ledger-error.ts';
import { pauseKinds, type Pause } from './pause.ts';

/** Where a link is in one source partition. */
export interface PartitionPosition {
  readonly topic: string;
  readonly topicId: string;
  /** The id of the topic that the copies are in; null: not known yet (a ledger of the first version). */
  readonly targetTopicId: string | null;
  readonly partition: number;
  /** The next source offset to copy. */
  readonly position: bigint;
  /** Leader epoch of the last source batch copied; -1: none yet. */
  readonly leaderEpoch: number;
  /** A target offset that certainly holds a copied record, one transaction late; -1: none known. */
  readonly lastTargetOffset: bigint;
  /**
   * Where the committed records of the source ended when last seen; null: never seen. When the topic is
   * deleted, this says how much of it was not copied.
   */
  readonly sourceEnd: bigint | null;
  /** The topic was gone when last looked for. Kept for ever: a name that returns is not a first start. */
  readonly retired: boolean;
  readonly pause: Pause | null;
}

/** What a shard commits: everything it knows, in one record. */
export interface Positions {
  /** Where the genesis in force lies in this ledger partition. It is found without reading from the start. */
  readonly genesisOffset: bigint;
  readonly partitions: readonly PartitionPosition[];
}

/**
 * All positions of a shard in one record. Every commit writes one, four times a second and shard, so size
 * counts: 24 partitions take about 500 bytes (as JSON 4 KB).
 *
 * Layout, numbers as LEB128: version 2 | genesis offset | topics: count, { id 16 bytes, target id 16 bytes
 * or zeros, name length, name } | partitions: count, { topic index, partition, position, leader epoch + 1,
 * last target offset + 1, source end + 1, state }. The state is 0 active, 1 retired, and 2 + 2 * kind +
 * retired for a pause, which is followed by { from, to, since, detail length, detail }. Version 1 had no
 * target ids, no source end, and of a pause only { from, to }.
 */
export function encodePositions(positions: Positions): Buffer {
  const topics = new Map<string, { index: number; of: PartitionPosition }>();
  for (const each of positions.partitions) {
    topics.getOrInsertComputed(topicKey(each), () => ({ index: topics.size, of: each }));
  }
  const out = new CompactWriter();
  out.natural(2);
  out.natural(positions.genesisOffset);
  out.natural(topics.size);
  for (const { of } of topics.values()) {
    out.bytes(uuidBytes(of.topicId));
    out.bytes(of.targetTopicId === null ? noId : uuidBytes(of.targetTopicId));
    out.text(of.topic);
  }
  out.natural(positions.partitions.length);
  for (const each of positions.partitions) {
    out.natural(topics.get(topicKey(each))!.index);
    encodePartition(out, each);
  }
  return out.finish();
}

/** Throws LedgerError when the bytes are not positions that this version understands. */
export function decodePositions(bytes: Uint8Array): Positions {
  const input = new CompactReader(bytes);
  const version = input.number();
  if (version !== 1 && version !== 2) {
    throw new LedgerError('UNKNOWN_VERSION', 'The positions were written by a newer version of the mirror');
  }
  const genesisOffset = input.natural();
  const topics: Pick<PartitionPosition, 'topic' | 'topicId' | 'targetTopicId'>[] = [];
  for (let left = input.number(); left > 0; left -= 1) {
    const topicId = uuid(input.bytes(16));
    const targetId = version === 1 ? noId : input.bytes(16);
    const targetTopicId = noId.equals(targetId) ? null : uuid(targetId);
    topics.push({ topicId, targetTopicId, topic: input.text() });
  }
  const partitions: PartitionPosition[] = [];
  for (let left = input.number(); left > 0; left -= 1) {
    const topic = topics[input.number()];
    if (topic === undefined) {
      throw new LedgerError('CORRUPT_RECORD', 'Ledger: a position of an unlisted topic');
    }
    partitions.push({ ...topic, ...decodePartition(input, version) });
  }
  return { genesisOffset, partitions };
}

function encodePartition(out: CompactWriter, position: PartitionPosition): void {
  const { pause, retired } = position;
  out.natural(position.partition);
  out.natural(position.position);
  out.natural(position.leaderEpoch + 1);
  out.natural(position.lastTargetOffset + 1n);
  out.natural(position.sourceEnd === null ? 0n : position.sourceEnd + 1n);
  out.natural((pause === null ? 0 : 2 + 2 * pauseKinds.indexOf(pause.kind)) + (retired ? 1 : 0));
  if (pause === null) return;
  out.natural(pause.from);
  out.natural(pause.to);
  out.natural(pause.sinceMs ?? 0);
  out.text(pause.detail);
}

function decodePartition(
  input: CompactReader,
  version: 1 | 2,
): Omit<PartitionPosition, 'topic' | 'topicId' | 'targetTopicId'> {
  const partition = input.number();
  const position = input.natural();
  const leaderEpoch = input.number() - 1;
  const lastTargetOffset = input.natural() - 1n;
  const sourceEndOrNone = version === 1 ? 0n : input.natural();
  const sourceEnd = sourceEndOrNone === 0n ? null : sourceEndOrNone - 1n;
  const state = input.number();
  const retired = state % 2 === 1;
  const where = { partition, position, leaderEpoch, lastTargetOffset, sourceEnd, retired };
  if (state < 2) return { ...where, pause: null };
  const kind = pauseKinds[(state >> 1) - 1];
  if (kind === undefined) {
    throw new LedgerError('UNKNOWN_VERSION', 'A pause was written by a newer version of the mirror');
  }
  const range = { kind, from: input.natural(), to: input.natural() };
  if (version === 1) return { ...where, pause: { ...range, sinceMs: null, detail: '' } };
  const sinceMs = input.number();
  return { ...where, pause: { ...range, sinceMs: sinceMs === 0 ? null : sinceMs, detail: input.text() } };
}

const noId = Buffer.alloc(16);

function topicKey({ topicId, targetTopicId, topic }: PartitionPosition): string {
  return `${topicId} ${targetTopicId} ${topic}`;
}

function uuidBytes(id: string): Buffer {
  return Buffer.from(id.replaceAll('-', ''), 'hex');
}

function uuid(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
