export type PipelineServiceName = 'receiver' | 'filter' | 'mirror';

/** Package folders under packages/. */
export const packageOf = { receiver: 'receiver', filter: 'input-filter', mirror: 'mirror' } as const;

/** Where the services find the two clusters. The addresses may be those of proxies. */
export interface PipelineClusters {
  datacenter: { bootstrap: readonly string[]; replicationFactor: 1 | 3 };
  master: { bootstrap: readonly string[]; replicationFactor: 1 | 3 };
}

/**
 * The environment of one instance of a service, counted from 1. Operations listen on a free port, which the
 * log says; a Receiver's own address is the caller's to choose.
 */
export function serviceEnvironment(
  service: PipelineServiceName,
  instance: number,
  { datacenter, master }: PipelineClusters,
): Record<string, string> {
  const family = `PENSTOCK_${service.toUpperCase()}`;
  const own = {
    [`${family}_INSTANCE`]: `${service}-${instance}`,
    [`${family}_OPERATIONS_LISTEN`]: '127.0.0.1:0',
  };
  if (service === 'mirror') {
    return {
      ...own,
      PENSTOCK_MIRROR_LINK: 'fra',
      PENSTOCK_MIRROR_SHARDS: '2',
      ...clusterEnvironment('PENSTOCK_MIRROR_SOURCE_KAFKA', datacenter),
      ...clusterEnvironment('PENSTOCK_MIRROR_TARGET_KAFKA', master),
    };
  }
  const receiver = {
    PENSTOCK_RECEIVER_DC: 'fra',
    PENSTOCK_RECEIVER_KEY_SALT: 'end-to-end-salt-of-32-characters',
    PENSTOCK_RECEIVER_STOP_LINGER_MS: '0',
  };
  return {
    ...own,
    ...(service === 'receiver' && receiver),
    ...clusterEnvironment('PENSTOCK_KAFKA', datacenter),
  };
}

function clusterEnvironment(
  family: string,
  { bootstrap, replicationFactor }: PipelineClusters['datacenter'],
): Record<string, string> {
  return {
    [`${family}_BOOTSTRAP`]: bootstrap.join(','),
    [`${family}_SINGLE_REPLICA`]: replicationFactor === 3 ? 'refused' : 'allowed',
  };
}
