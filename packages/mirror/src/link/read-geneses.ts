import type { Admin, Cluster } from '@penstock/kafka';
import { LedgerError, readLedger, type Genesis } from '@penstock/ledger';
import { linkOfLedger } from '../names.ts';

/** The genesis in each partition of a ledger; undefined where there is none yet. */
export async function readGeneses(
  cluster: Cluster,
  ledgerTopic: string,
  shards: number,
): Promise<(Genesis | undefined)[]> {
  const geneses: (Genesis | undefined)[] = [];
  for (let shard = 0; shard < shards; shard += 1) {
    try {
      geneses.push((await readLedger(cluster, ledgerTopic, shard)).genesis);
    } catch (error) {
      if (!(error instanceof LedgerError) || error.code !== 'NO_GENESIS') throw error;
      geneses.push(undefined);
    }
  }
  return geneses;
}

/** The links that write to a cluster, by the ledgers that lie there, except one. */
export async function linksInto(cluster: Cluster, admin: Admin, except?: string): Promise<Genesis[]> {
  const found: Genesis[] = [];
  for (const topic of await admin.topicNames()) {
    if (linkOfLedger(topic) === undefined || topic === except) continue;
    const [genesis] = await readGeneses(cluster, topic, 1);
    if (genesis !== undefined) found.push(genesis);
  }
  return found;
}
