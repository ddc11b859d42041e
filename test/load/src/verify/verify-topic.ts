import { openCluster, readTopic } from '@penstock/kafka';
import { idOf } from './look-at-datacenter.ts';
import type { MasterVerifier } from './verdict.ts';

/** For a whole partition. */
const timeoutMs = 600_000;

/** Feeds every committed event of a topic to the verifier, partition by partition, as it is now. */
export async function verifyTopic(
  verifier: MasterVerifier,
  bootstrap: string[],
  topic: string,
): Promise<void> {
  await using cluster = await openCluster({ bootstrap, clientId: 'penstock-verify' });
  await readTopic(
    cluster,
    topic,
    ({ value, offset }, partition) => {
      if (value) verifier.saw(idOf(value), `${topic}-${partition} offset ${offset}`, value);
    },
    { timeoutMs },
  );
}
