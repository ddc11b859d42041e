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

/** The bodies of the requests of a raw topic that hold this text, and how often each is there. */
export async function bodiesWith(
  cluster: Cluster,
  topic: string,
  text: string,
): Promise<Map<string, number>> {
  const bodies = new Map<string, number>();
  await readTopic(
    cluster,
    topic,
    ({ value }) => {
      const body = value!.includes(text) ? value!.toString() : undefined;
      if (body !== undefined) bodies.set(body, (bodies.get(body) ?? 0) + 1);
    },
    { timeoutMs: 60_000 },
  );
  return bodies;
}
