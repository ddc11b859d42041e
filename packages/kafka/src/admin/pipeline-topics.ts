// Here, because three need them: the Receiver, the Input Filter, and whoever creates their topics.
import type { TopicSettings } from './admin.ts';
import type { TopicNeeds } from './topic-problems.ts';

/** What the Receiver is configured with, as far as its topic depends on it. Bytes. */
export interface ReceiverSizes {
  readonly bodyBytesMax: number;
  readonly headerBytesMax: number;
  readonly batchBytes: number;
}

/** What the Input Filter is configured with, as far as its topics depend on it. */
export interface FilterSizes {
  readonly batchBytes: number;
  readonly dedupWindowMs: number;
}

export interface FilterTopicNames {
  readonly raw: string;
  /** Where events go: `clean`, and what a catalogue routes elsewhere. */
  readonly clean: readonly string[];
  readonly rejected: string;
  readonly seen: string;
}

/** What a raw record has beside its body and its headers: the batch's own bytes and lengths. */
const recordOverheadBytes = 4096;
/** Room for the headers of a rejected record beside those of the raw one, generously. */
const rejectedHeadersBytes = 64 * 1024;

/** A shorter outage of the next service must not lose anything. */
export const retentionMsMin = 24 * 3_600_000;

const delete_ = { 'cleanup.policy': 'delete' };
const ownTime = { 'message.timestamp.type': 'CreateTime' };
const because = {
  'cleanup.policy': 'compaction removes events whose key comes again',
  'retention.ms': 'events go before a service that was down for a day has read them',
};

/** The smallest `max.message.bytes` of the raw topic: the largest request must fit, and a full batch. */
export function rawMessageBytesMin({ bodyBytesMax, headerBytesMax, batchBytes }: ReceiverSizes): number {
  return Math.max(bodyBytesMax + headerBytesMax, batchBytes) + recordOverheadBytes;
}

/**
 * The smallest `max.message.bytes` of the rejected topic: a body as large as raw takes must fit, or its
 * partition stops.
 */
export function rejectedMessageBytesMin(rawBytes: number): number {
  return rawBytes + rejectedHeadersBytes;
}

/** What the Receiver needs of the topic that it writes to. */
export function rawTopicNeeds(name: string, sizes: ReceiverSizes): TopicNeeds {
  const need = rawReaderNeeds(name);
  return {
    ...need,
    configsAtLeast: { ...need.configsAtLeast, 'max.message.bytes': rawMessageBytesMin(sizes) },
  };
}

/** What everybody needs of the raw topic, whatever the sizes. */
function rawReaderNeeds(name: string): TopicNeeds {
  return { name, because, configs: delete_, configsAtLeast: { 'retention.ms': retentionMsMin } };
}

/** What the Input Filter needs of its topics, given those that are there. */
export function filterTopicNeeds(
  names: FilterTopicNames,
  sizes: FilterSizes,
  found: readonly TopicSettings[],
): TopicNeeds[] {
  const raw = found.find(({ name }) => name === names.raw);
  // Clean partition p is made of raw partition p only, so the counts are equal.
  const same = raw === undefined ? {} : { partitions: raw.partitions };
  const { batchBytes, dedupWindowMs } = sizes;
  const seenAtLeast = { 'max.message.bytes': batchBytes, 'retention.ms': dedupWindowMs };
  return [
    rawReaderNeeds(names.raw),
    ...names.clean.map((name) => ({ ...cleanTopicNeeds(name, batchBytes), ...same })),
    {
      ...{ name: names.rejected, ...same, because, configs: delete_ },
      configsAtLeast: {
        'max.message.bytes': rejectedMessageBytesMin(Number(raw?.configs['max.message.bytes'] ?? 0)),
        'retention.ms': retentionMsMin,
      },
    },
    {
      ...{ name: names.seen, ...same },
      configs: { ...ownTime, ...delete_, 'retention.bytes': '-1' },
      configsAtLeast: seenAtLeast,
      because: {
        'cleanup.policy': 'the de-duplication window is rebuilt from every record of it',
        'retention.bytes': 'the de-duplication window is as long as its time, whatever its size',
        'retention.ms': 'it has to hold the de-duplication window',
      },
    },
  ];
}

/** What is needed of a topic of clean events, in a datacenter or on the master. */
export function cleanTopicNeeds(name: string, batchBytes: number): TopicNeeds {
  return {
    ...{ name, because },
    // The windows of its readers turn by the records' own time, and the Mirror copies batches as they are.
    configs: { ...ownTime, ...delete_, 'compression.type': 'producer' },
    configsAtLeast: { 'max.message.bytes': batchBytes, 'retention.ms': retentionMsMin },
  };
}
