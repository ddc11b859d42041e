import { eventIdPosition, formatUuid } from '@penstock/events';
import { readTopic, type Cluster } from '@penstock/kafka';

/** How often each event id is in a clean topic. */
export async function sightingsOf(cluster: Cluster, topic: string): Promise<Map<string, number>> {
  const sightings = new Map<string, number>();
  await readTopic(
    cluster,
    topic,
    ({ value }) => {
      const id = formatUuid(value!.subarray(eventIdPosition, eventIdPosition + 16));
      sightings.set(id, (sightings.get(id) ?? 0) + 1);
    },
    { timeoutMs: 60_000 },
  );
  return sightings;
}

/** How many requests of a raw topic hold this text. */
export async function requestsWith(cluster: Cluster, topic: string, text: string): Promise<number> {
  let count = 0;
  await readTopic(cluster, topic, ({ value }) => (count += value!.includes(text) ? 1 : 0), {
    timeoutMs: 60_000,
  });
  return count;
}
