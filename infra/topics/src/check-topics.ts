import { cleanTopicNeeds, filterTopicNeeds, rawTopicNeeds, topicProblems } from '@penstock/kafka';
import type { FilterSizes, ReceiverSizes, TopicNeeds, TopicSettings } from '@penstock/kafka';

export interface CheckOptions {
  readonly cluster: 'datacenter' | 'master';
  readonly names: {
    readonly raw: string;
    readonly clean: string;
    readonly rejected: string;
    readonly seen: string;
  };
  readonly routed: readonly string[];
  readonly receiver: ReceiverSizes;
  readonly filter: FilterSizes;
  /** Undefined: as many as there are, if only the topics of a datacenter agree. */
  readonly partitions: number | undefined;
  readonly singleReplica: boolean;
}

/**
 * How topics differ from what the services need, a sentence each: by the same rules as the services
 * themselves.
 */
export function checkTopics(found: readonly TopicSettings[], options: CheckOptions): string[] {
  const needs = options.cluster === 'master' ? masterNeeds(options) : datacenterNeeds(found, options);
  return topicProblems(needs, found, {
    singleReplica: options.singleReplica,
    allowedBy: '--single-replica',
  });
}

function datacenterNeeds(found: readonly TopicSettings[], options: CheckOptions): TopicNeeds[] {
  const { names, routed, receiver, filter, partitions } = options;
  const [, ...outputs] = filterTopicNeeds({ ...names, clean: [names.clean, ...routed] }, filter, found);
  const raw = rawTopicNeeds(names.raw, receiver);
  return [partitions === undefined ? raw : { ...raw, partitions }, ...outputs];
}

function masterNeeds({ names, routed, filter, partitions: partitionsAtLeast }: CheckOptions): TopicNeeds[] {
  return [names.clean, ...routed].map((name) => ({
    ...cleanTopicNeeds(name, filter.batchBytes),
    ...(partitionsAtLeast !== undefined && { partitionsAtLeast }),
  }));
}
