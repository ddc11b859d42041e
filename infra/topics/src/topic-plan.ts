import type { TopicSettings } from '@penstock/kafka';

/** How large a deployment is. */
export interface TopicPlanOptions {
  /**
   * Partitions of raw, clean and seen in a datacenter, alike: clean partition p is made only from raw
   * partition p.
   */
  partitions: number;
  /** 3, or 1 where a single replica is allowed. */
  replicationFactor: number;
  /** Largest request body, bytes; default 1 MiB, the Receiver's default. */
  bodyBytesMax?: number;
  /** The de-duplication window, ms; default 10 minutes. */
  windowMs?: number;
  /** The longest stop of an Input Filter after which duplicates are still recognised, ms; default 1 hour. */
  stopMs?: number;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** What a raw record has beside its body: the Receiver's header limit and the batch's own bytes. */
const rawOverheadBytes = 64 * 1024;

/** The topics of a datacenter. */
export function datacenterTopics(options: TopicPlanOptions): TopicSettings[] {
  const { partitions } = options;
  const rawBytesMax = (options.bodyBytesMax ?? 1024 * 1024) + rawOverheadBytes;
  const windowMs = options.windowMs ?? 600_000;
  return [
    topic('events.raw', partitions, options, {
      'max.message.bytes': String(rawBytesMax),
      'retention.ms': String(7 * dayMs),
      'message.timestamp.type': 'CreateTime',
    }),
    topic('events.clean', partitions, options, cleanConfigs(rawBytesMax)),
    topic('events.rejected', partitions, options, {
      // A full-size bad body must fit, with the reasons beside it.
      'max.message.bytes': String(rawBytesMax + 64 * 1024),
      'retention.ms': String(30 * dayMs),
    }),
    topic('events.seen', partitions, options, {
      // The window counts from the last event, however long ago that was. 24 bytes an event: 9 GB an hour
      // at 100 k/s.
      'retention.ms': String(windowMs + (options.stopMs ?? hourMs)),
      // Retention removes whole segments only: small ones keep the topic close to that.
      'segment.ms': String(Math.max(60_000, Math.floor(windowMs / 4))),
      'max.message.bytes': String(rawBytesMax),
    }),
  ];
}

/**
 * The topics of the master. Each link owns a range of the clean partitions: at least the sum of its
 * sources'.
 */
export function masterTopics(options: TopicPlanOptions): TopicSettings[] {
  const rawBytesMax = (options.bodyBytesMax ?? 1024 * 1024) + rawOverheadBytes;
  return [topic('events.clean', options.partitions, options, cleanConfigs(rawBytesMax))];
}

function cleanConfigs(bytesMax: number): Record<string, string> {
  return {
    'compression.type': 'producer',
    'message.timestamp.type': 'CreateTime',
    'max.message.bytes': String(bytesMax),
    'retention.ms': String(3 * dayMs),
  };
}

function topic(
  name: string,
  partitions: number,
  { replicationFactor }: TopicPlanOptions,
  configs: Record<string, string>,
): TopicSettings {
  return {
    name,
    partitions,
    replicationFactor,
    configs: {
      'min.insync.replicas': replicationFactor >= 3 ? '2' : '1',
      'unclean.leader.election.enable': 'false',
      ...configs,
    },
  };
}
