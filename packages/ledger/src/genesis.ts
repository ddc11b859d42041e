import { LedgerError } from './ledger-error.ts';

/**
 * What a link is, written by `init` into every partition of its ledger before anything is copied. A ledger without it is
 * not a new link but a lost one: it must not look like a first start, or everything would be copied again.
 */
export interface Genesis {
  readonly link: string;
  /** Partitions of the ledger. Fixed for the life of the link. */
  readonly shards: number;
  readonly sourceClusterId: string;
  readonly targetClusterId: string;
  /** Grows by one each time `init` registers further topics. */
  readonly generation: number;
  readonly topics: readonly RegisteredTopic[];
}

/** A topic of a link: what it was at the source when it was registered, and where it goes. */
export interface RegisteredTopic {
  readonly name: string;
  /** Null: the topic did not exist at the source when it was registered. */
  readonly id: string | null;
  /** Partitions at the source when it was registered; those beyond are new. */
  readonly partitions: number;
  readonly target: string;
  /** Source partition p goes to target partition `firstTargetPartition + p`. */
  readonly firstTargetPartition: number;
  /** How many target partitions from there on belong to this link alone. */
  readonly width: number;
}

/** The target partition of a source partition; undefined when the link's range has no room for it. */
export function targetPartitionOf(topic: RegisteredTopic, partition: number): number | undefined {
  return partition < topic.width ? topic.firstTargetPartition + partition : undefined;
}

/** JSON, so that an operator can read it with Kafka's own tools. */
export function encodeGenesis(genesis: Genesis): Buffer {
  return Buffer.from(JSON.stringify({ version: 1, ...genesis }));
}

/** Throws LedgerError when the bytes are not a genesis that this version understands. */
export function decodeGenesis(bytes: Uint8Array): Genesis {
  const fields = new Fields(parse(bytes), 'genesis');
  if (fields.integer('version') !== 1) {
    throw new LedgerError('UNKNOWN_VERSION', 'The genesis was written by a newer version of the mirror');
  }
  return {
    link: fields.string('link'),
    shards: fields.integer('shards'),
    sourceClusterId: fields.string('sourceClusterId'),
    targetClusterId: fields.string('targetClusterId'),
    generation: fields.integer('generation'),
    topics: fields.list('topics').map((entry, index) => {
      const topic = new Fields(entry, `genesis.topics[${index}]`);
      return {
        name: topic.string('name'),
        id: topic.stringOrNull('id'),
        partitions: topic.integer('partitions'),
        target: topic.string('target'),
        firstTargetPartition: topic.integer('firstTargetPartition'),
        width: topic.integer('width'),
      };
    }),
  };
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
  } catch (cause) {
    throw new LedgerError('CORRUPT_RECORD', 'The genesis is not JSON', { cause });
  }
}

class Fields {
  readonly #values: Record<string, unknown>;
  readonly #place: string;

  constructor(value: unknown, place: string) {
    if (typeof value !== 'object' || value === null) throw corrupt(place, 'an object');
    this.#values = value as Record<string, unknown>;
    this.#place = place;
  }

  string(name: string): string {
    const value = this.#values[name];
    if (typeof value !== 'string') throw corrupt(`${this.#place}.${name}`, 'a string');
    return value;
  }

  stringOrNull(name: string): string | null {
    return this.#values[name] === null ? null : this.string(name);
  }

  integer(name: string): number {
    const value = this.#values[name];
    if (!Number.isSafeInteger(value) || (value as number) < 0) {
      throw corrupt(`${this.#place}.${name}`, 'a natural number');
    }
    return value as number;
  }

  list(name: string): unknown[] {
    const value = this.#values[name];
    if (!Array.isArray(value)) throw corrupt(`${this.#place}.${name}`, 'a list');
    return value;
  }
}

function corrupt(place: string, expected: string): LedgerError {
  return new LedgerError('CORRUPT_RECORD', `Ledger: ${place} is not ${expected}`);
}
