import type { Cluster, OutgoingRecord, TopicNeeds, TopicSettings } from '@penstock/kafka';
import { DedupGeneration, keyBytes, keyWords } from '../dedup/dedup-generation.ts';
import { offsetOf, recordsBetween } from '../position/log-records.ts';

/**
 * Remembers for ever what was replayed. Each transaction of a replay writes, beside the records of raw, one
 * record of marks into partition p of `<rejected topic>.replayed`: for each rejected record of partition p 24
 * bytes, 16 of its identity and 8 of its offset (little-endian). Raw records and marks are visible together
 * or not at all. So whoever reads the marks knows exactly what was replayed, however the process died, and
 * however long ago: the topic keeps them for ever, and the de-duplication window is not needed for it.
 */
export class ReplayMarks {
  readonly #known = new DedupGeneration(1 << 20, Math.floor(Math.random() * 0x1_0000_0000));
  readonly #words = new Uint32Array(keyWords);
  readonly #key = Buffer.from(this.#words.buffer);

  /** How many. At 32 bytes each they are all in memory, for one partition at a time. */
  get count(): number {
    return this.#known.count;
  }

  /**
   * Adds the mark of a rejected record.
   * @returns `replayed` when this very record was marked before, `copy` when another one with the same
   *   identity was. In both cases it must not be replayed.
   */
  add(identity: Buffer, offset: bigint): 'new' | 'replayed' | 'copy' {
    this.#key.set(identity, 0);
    this.#key.writeBigInt64LE(offset, 16);
    const entry = this.#known.find(this.#words);
    if (entry >= 0) return this.#known.hasContent(entry, this.#words) ? 'replayed' : 'copy';
    this.#known.push(this.#words);
    return 'new';
  }

  /** The marks from number `from` on, as a record holds them. */
  encodedFrom(from: number): Uint8Array {
    const marks = new Uint32Array((this.#known.count - from) * keyWords);
    this.#known.copyFrom(from, marks);
    return new Uint8Array(marks.buffer);
  }

  restore(marks: Uint8Array): void {
    for (let at = 0; at + keyBytes <= marks.length; at += keyBytes) {
      this.#key.set(marks.subarray(at, at + keyBytes));
      if (this.#known.find(this.#words) < 0) this.#known.push(this.#words);
    }
  }
}

export function marksTopicOf(rejectedTopic: string): string {
  return `${rejectedTopic}.replayed`;
}

/** Where marks go: as many partitions and replicas as events.rejected, and nothing is ever deleted. */
export function marksTopic({ name, partitions, replicationFactor, configs }: TopicSettings): TopicSettings {
  const replicas = Object.fromEntries(
    ['min.insync.replicas', 'unclean.leader.election.enable'].flatMap((config) => {
      const value = configs[config];
      return value === undefined ? [] : [[config, value]];
    }),
  );
  return { name: marksTopicOf(name), partitions, replicationFactor, configs: { ...replicas, ...forEver } };
}

export function marksTopicNeeds(rejected: TopicSettings): TopicNeeds {
  const forgets = 'what was replayed is forgotten, and would be replayed a second time';
  return {
    name: marksTopicOf(rejected.name),
    partitions: rejected.partitions,
    configs: forEver,
    because: Object.fromEntries(Object.keys(forEver).map((config) => [config, forgets])),
  };
}

const forEver = { 'cleanup.policy': 'delete', 'retention.ms': '-1', 'retention.bytes': '-1' };

const rejectedIdHeader = 'rejected-topic-id';

/** @param asked what the operator asked for, as JSON: the topic is the record of who replayed what, too. */
export function marksRecord(
  marks: Uint8Array,
  rejectedTopicId: string,
  asked: string,
  nowMs: number,
): OutgoingRecord {
  const headers: [string, string][] = [
    [rejectedIdHeader, rejectedTopicId],
    ['asked', asked],
  ];
  return { key: null, value: marks, headers, timestampMs: nowMs };
}

/**
 * All marks of one partition. The end of the log is asked for read_uncommitted, and read to that end
 * read_committed: a transaction of an earlier replay that is decided, and whose marker is not written yet, is
 * waited for.
 *
 * @param rejectedTopicId marks of a topic of the same name that was deleted are of other records.
 */
export async function readMarks(
  cluster: Cluster,
  rejectedTopic: string,
  rejectedTopicId: string,
  partition: number,
  signal: AbortSignal,
): Promise<ReplayMarks> {
  const place = { cluster, topic: marksTopicOf(rejectedTopic), partition };
  const marks = new ReplayMarks();
  const from = await offsetOf(place, 'earliest', signal);
  const end = await offsetOf(place, 'latest', signal);
  for await (const record of recordsBetween(place, from, end, signal)) {
    const id = record.headers().find(([name]) => name === rejectedIdHeader)?.[1];
    if (id?.toString() === rejectedTopicId && record.value !== null) marks.restore(record.value);
  }
  return marks;
}
