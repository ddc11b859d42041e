import { eventIdPosition } from '@penstock/events';
import { openCluster, readTopic } from '@penstock/kafka';
import type { MasterVerifier } from './verdict.ts';

/** Feeds every committed event of a topic to the verifier, partition by partition, as it is now. */
export async function verifyTopic(
  verifier: MasterVerifier,
  bootstrap: string[],
  topic: string,
): Promise<void> {
  await using cluster = await openCluster({ bootstrap, clientId: 'penstock-verify' });
  await readTopic(cluster, topic, ({ value, offset }, partition) => {
    const id = value?.subarray(eventIdPosition, eventIdPosition + 16);
    if (id) verifier.saw(id, `${topic}-${partition} offset ${offset}`);
  });
}
