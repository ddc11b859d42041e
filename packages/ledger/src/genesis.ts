import { JsonFields } from './json-fields.ts';
import { LedgerError } from './ledger-error.ts';

/**
 * What a link is. `init` writes it into every partition of the ledger before anything is copied. A ledger
 * without it is a lost one, not a new link: taken for a first start, everything would be copied again.
 */
export interface Genesis {
  readonly link: string;
  /** Partitions of the ledger. Fixed for the life of the link. */
  readonly shards: number;
  readonly sourceClusterId: string;
  readonly targetClusterId: string;
  /** Grows by one each time `init` changes what is below. */
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
  /**
   * Target partitions that belong to this link alone. The source partitions fill them in order. A link has
   * several ranges when it grew after another link had taken what lies after the first.
   */
  readonly ranges: readonly TargetRange[];
  /** Where the source topic is itself copied from, directly or by way of other clusters. */
  readonly origins: readonly Origin[];
}

export interface TargetRange {
  readonly first: number;
  readonly width: number;
}

export interface Origin {
  readonly clusterId: string;
  readonly topic: string;
}

/** How many source partitions have a target partition. */
export function widthOf(topic: Pick<RegisteredTopic, 'ranges'>): number {
  return topic.ranges.reduce((sum, { width }) => sum + width, 0);
}

/** The target partition of a source partition; undefined when the link's ranges have no room for it. */
export function targetPartitionOf(
  topic: Pick<RegisteredTopic, 'ranges'>,
  partition: number,
): number | undefined {
  let left = partition;
  for (const { first, width } of topic.ranges) {
    if (left < width) return first + left;
    left -= width;
  }
  return undefined;
}

/** JSON, so that an operator can read it with Kafka's own tools. */
export function encodeGenesis(genesis: Genesis): Buffer {
  return Buffer.from(JSON.stringify({ version: 2, ...genesis }));
}

/** Throws LedgerError when the bytes are not a genesis that this version understands. */
export function decodeGenesis(bytes: Uint8Array): Genesis {
  const fields = JsonFields.parse(bytes, 'genesis');
  const version = fields.integer('version');
  if (version !== 1 && version !== 2) {
    throw new LedgerError('UNKNOWN_VERSION', 'The genesis was written by a newer version of the mirror');
  }
  return {
    link: fields.string('link'),
    shards: fields.integer('shards'),
    sourceClusterId: fields.string('sourceClusterId'),
    targetClusterId: fields.string('targetClusterId'),
    generation: fields.integer('generation'),
    topics: fields.list('topics').map((topic) => ({
      name: topic.string('name'),
      id: topic.stringOrNull('id'),
      partitions: topic.integer('partitions'),
      target: topic.string('target'),
      ...(version === 1 ? firstVersion(topic) : secondVersion(topic)),
    })),
  };
}

function firstVersion(topic: JsonFields): Pick<RegisteredTopic, 'ranges' | 'origins'> {
  const range = { first: topic.integer('firstTargetPartition'), width: topic.integer('width') };
  return { ranges: [range], origins: [] };
}

function secondVersion(topic: JsonFields): Pick<RegisteredTopic, 'ranges' | 'origins'> {
  return {
    ranges: topic.list('ranges').map((range) => ({
      first: range.integer('first'),
      width: range.integer('width'),
    })),
    origins: topic.list('origins').map((origin) => ({
      clusterId: origin.string('clusterId'),
      topic: origin.string('topic'),
    })),
  };
}
