import { openAdmin, openCluster, type Admin, type Cluster, type Log } from '@penstock/kafka';
import type { LinkIdentity } from '@penstock/ledger';
import { kafkaConnection, type KafkaConfig } from '@penstock/service';
import type { MirrorConfig } from '../config.ts';
import { MirrorError } from '../errors.ts';
import { ledgerTopicOf } from '../names.ts';

/** Both ends of a link. */
export interface LinkEnds {
  readonly identity: LinkIdentity;
  readonly source: Cluster;
  readonly target: Cluster;
}

/** Both ends of a link, connected. */
export interface LinkContext extends LinkEnds, AsyncDisposable {
  /** Whether topics may have a single replica. */
  readonly singleReplica: { readonly source: boolean; readonly target: boolean };
  /** An administrator of both clusters for the time of `act`. */
  withAdmins<R>(act: (admins: { source: Admin; target: Admin }) => Promise<R>): Promise<R>;
}

/** Connects both clusters. Throws KafkaError, and MirrorError SAME_CLUSTER. */
export async function openLink(config: MirrorConfig, log?: Log): Promise<LinkContext> {
  await using opened = new AsyncDisposableStack();
  const connection = (kafka: KafkaConfig) => ({ ...kafkaConnection(kafka), ...(log && { log }) });
  const source = opened.use(await openCluster(connection(config.source)));
  const target = opened.use(await openCluster(connection(config.target)));
  const ends = endsOf(config.link, source, target);
  const owned = opened.move();
  return {
    ...ends,
    singleReplica: {
      source: config.source.singleReplica === 'allowed',
      target: config.target.singleReplica === 'allowed',
    },
    async withAdmins(act) {
      await using sourceAdmin = await openAdmin(connection(config.source));
      await using targetAdmin = await openAdmin(connection(config.target));
      return await act({ source: sourceAdmin, target: targetAdmin });
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Throws MirrorError SAME_CLUSTER: the mirror would copy its own copies for ever. */
export function endsOf(link: string, source: Cluster, target: Cluster): LinkEnds {
  const { clusterId: sourceClusterId } = source;
  const { clusterId: targetClusterId } = target;
  if (sourceClusterId === targetClusterId) {
    throw new MirrorError(
      'SAME_CLUSTER',
      `Source and target of link ${link} are one cluster, ${source.clusterId}: it would copy its own copies`,
    );
  }
  const identity = { link, ledgerTopic: ledgerTopicOf(link), sourceClusterId, targetClusterId };
  return { identity, source, target };
}
