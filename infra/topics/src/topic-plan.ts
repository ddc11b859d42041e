import { rawMessageBytesMin, rejectedMessageBytesMin } from '@penstock/kafka';
import type { FilterSizes, ReceiverSizes, TopicSettings } from '@penstock/kafka';

/** How large a deployment is. What is left out is as the services have it by default. */
export interface TopicPlanOptions {
  /**
   * Partitions of raw, clean and seen in a datacenter, alike: clean partition p is made only from raw
   * partition p.
   */
  partitions: number;
  /** 3, or 1 where a single replica is allowed. */
  replicationFactor: number;
  names?: { raw: string; clean: string; rejected: string; seen: string };
  /** Topics that the catalogue sends events to, beside clean. */
  routed?: readonly string[];
  receiver?: ReceiverSizes;
  filter?: FilterSizes;
  /** The longest stop of an Input Filter after which duplicates are still recognised, ms; default 1 hour. */
  stopMs?: number;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const defaultNames = {
  raw: 'events.raw',
  clean: 'events.clean',
  rejected: 'events.rejected',
  seen: 'events.seen',
};
const defaultReceiver = { bodyBytesMax: 1024 ** 2, headerBytesMax: 16 * 1024, batchBytes: 512 * 1024 };
const defaultFilter = { batchBytes: 900 * 1024, dedupWindowMs: 600_000 };
/** Topics take a little more than what is configured now, so that a knob can grow before its topic has to. */
const spareBytes = 44 * 1024;

/** The topics of a datacenter. */
export function datacenterTopics(options: TopicPlanOptions): TopicSettings[] {
  const { names = defaultNames, routed = [], filter = defaultFilter, stopMs = hourMs } = options;
  const rawBytes = rawMessageBytesMin(options.receiver ?? defaultReceiver) + spareBytes;
  const outputBytes = Math.max(rawBytes, filter.batchBytes);
  return [
    topic(names.raw, options, { 'max.message.bytes': String(rawBytes), 'retention.ms': String(7 * dayMs) }),
    ...[names.clean, ...routed].map((name) => topic(name, options, cleanConfigs(outputBytes))),
    topic(names.rejected, options, {
      'max.message.bytes': String(rejectedMessageBytesMin(rawBytes)),
      'retention.ms': String(30 * dayMs),
    }),
    topic(names.seen, options, {
      // The window counts from the last event, however long ago that was. 24 bytes an event: 9 GB an hour
      // at 100 k/s.
      'retention.ms': String(filter.dedupWindowMs + stopMs),
      'retention.bytes': '-1',
      // Retention removes whole segments only: small ones keep the topic close to that.
      'segment.ms': String(Math.max(60_000, Math.floor(filter.dedupWindowMs / 4))),
      'max.message.bytes': String(outputBytes),
    }),
  ];
}

/**
 * The topics of the master. Each link owns a range of the clean partitions: at least the sum of its
 * sources'.
 */
export function masterTopics(options: TopicPlanOptions): TopicSettings[] {
  const { names = defaultNames, routed = [], receiver = defaultReceiver, filter = defaultFilter } = options;
  const bytes = Math.max(rawMessageBytesMin(receiver) + spareBytes, filter.batchBytes);
  return [names.clean, ...routed].map((name) => topic(name, options, cleanConfigs(bytes)));
}

function cleanConfigs(bytesMax: number): Record<string, string> {
  return {
    'compression.type': 'producer',
    'max.message.bytes': String(bytesMax),
    'retention.ms': String(3 * dayMs),
  };
}

function topic(
  name: string,
  { partitions, replicationFactor }: TopicPlanOptions,
  configs: Record<string, string>,
): TopicSettings {
  return {
    ...{ name, partitions, replicationFactor },
    configs: {
      'min.insync.replicas': replicationFactor >= 3 ? '2' : '1',
      'unclean.leader.election.enable': 'false',
      // Said although they are the defaults: a cluster may have others.
      'cleanup.policy': 'delete',
      'message.timestamp.type': 'CreateTime',
      ...configs,
    },
  };
}
