import type { Genesis, Origin, RegisteredTopic } from '@penstock/ledger';

/**
 * Where the records of a topic come from, as far as the ledgers on its own cluster tell: the sources of the
 * links that write to it, and in turn what those links know of their sources. A link that was set up before
 * one of its sources was learns of it by its next `init`.
 */
export function originsOf(topic: string, ledgersBesideIt: readonly Genesis[]): Origin[] {
  const origins = new Map<string, Origin>();
  for (const { sourceClusterId, topics } of ledgersBesideIt) {
    for (const { name, target, origins: further } of topics) {
      if (target !== topic) continue;
      for (const origin of [{ clusterId: sourceClusterId, topic: name }, ...further]) {
        origins.set(`${origin.clusterId} ${origin.topic}`, origin);
      }
    }
  }
  return [...origins.values()];
}

/**
 * Copies that come back to where they were read are copied again, for ever. Returns a sentence for each
 * topic whose target is among its own origins, by however many links. The same topic under another name is
 * another topic.
 */
export function circles(targetClusterId: string, topics: readonly RegisteredTopic[]): string[] {
  return topics.flatMap(({ name, target, origins }) =>
    origins.some(({ clusterId, topic }) => clusterId === targetClusterId && topic === target)
      ? [
          `${name} is itself copied from ${target} of the target cluster ${targetClusterId}, ` +
            `by way of ${origins.map(({ clusterId, topic }) => `${topic} of ${clusterId}`).join(', ')}: ` +
            'its copies would be copied again, for ever',
        ]
      : [],
  );
}
