import type { Cluster } from '../cluster/cluster.ts';
import { metadataRequest } from '../requests/metadata.ts';

/** The names of all topics that this client may see. Throws KafkaError when no broker answers. */
export async function topicNames(cluster: Cluster): Promise<string[]> {
  const { topics } = await cluster.ask(metadataRequest, null);
  return topics.flatMap(({ name, errorCode }) => (name === null || errorCode !== 0 ? [] : [name]));
}
