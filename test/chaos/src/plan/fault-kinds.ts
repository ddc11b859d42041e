/** Which of the two clusters: the datacenter's, or the master. */
export const clusterNames = ['datacenter', 'master'] as const;
export type ClusterName = (typeof clusterNames)[number];

export const serviceNames = ['receiver', 'filter', 'mirror'] as const;
export type ServiceName = (typeof serviceNames)[number];

/** What may be hurt by one fault at a time. A cluster is its room when brokers of it are out of reach. */
export type Room =
  | ServiceName
  | ClusterName
  | `answers:${ClusterName}`
  | `clock:${ServiceName}`
  | 'window'
  | 'geoip';

export type FaultGroup = 'services' | 'brokers' | 'network' | 'answers' | 'clocks' | 'environment';

interface KindBase {
  name: string;
  group: FaultGroup;
  about: string;
  /** How long it is on: the least and the most. */
  seconds: readonly [least: number, most: number];
  /** How long the pipeline then has until something of the same room is hurt again. */
  restSeconds: number;
  /**
   * Brokers of one cluster that are out of reach at the same time. More than one is more than the promise
   * needs to bear, and only where `about` says so.
   */
  brokersAway?: number;
}

export interface ServiceKind extends KindBase {
  on: 'service';
  service: ServiceName;
  /** Whether all of its instances are hurt; by default one. */
  all?: 'sometimes' | 'always';
}

export interface ClusterKind extends KindBase {
  on: 'cluster';
  /** Those that it may strike. */
  clusters: readonly ClusterName[];
  /** A service has to be started again meanwhile, or it does not happen. */
  needsRestart?: boolean;
  /** Always this one. */
  broker?: number;
}

export interface FilesKind extends KindBase {
  on: 'files';
}

export type FaultKind = ServiceKind | ClusterKind | FilesKind;

/** In the datacenter: its data lies on a small disk of its own. */
export const smallDiskBroker = 3;

export const faultKinds: readonly FaultKind[] = [
  ...serviceNames.flatMap(kindsOfService),
  ...brokerKinds(),
  ...networkKinds(),
  ...answerKinds(),
  {
    ...{ name: 'swap-geoip', group: 'environment', on: 'files' },
    about: "the filters' GeoIP database is replaced under load: broken, another one, and the first again",
    ...{ seconds: [6, 12], restSeconds: 0 },
  },
];

function kindsOfService(service: ServiceName): ServiceKind[] {
  const kind = (what: string, rest: Omit<ServiceKind, 'name' | 'group' | 'on' | 'service'>): ServiceKind => ({
    ...{ name: `${what}-${service}`, group: 'services', on: 'service', service },
    ...rest,
  });
  return [
    kind('kill', {
      about: `SIGKILL of one ${service} or of all, once or several times in a row`,
      ...{ seconds: [4, 12], restSeconds: 5, all: 'sometimes' },
    }),
    kind('pause', {
      about: `SIGSTOP of one ${service}, then SIGCONT: it wakes up as a zombie`,
      ...{ seconds: [5, 60], restSeconds: 5 },
    }),
    kind('restart', {
      about: `graceful restart of each ${service}, one after the other`,
      ...{ seconds: [8, 20], restSeconds: 3, all: 'always' },
    }),
    kind('scale', {
      about: `one more ${service} for a while, then a graceful stop of it`,
      ...{ seconds: [8, 30], restSeconds: 3 },
    }),
    {
      ...kind('clock', {
        about: `the clock of one ${service} is set forward or back by up to an hour, and later set right`,
        ...{ seconds: [8, 40], restSeconds: 2 },
      }),
      group: 'clocks',
    },
  ];
}

function brokerKinds(): ClusterKind[] {
  const kind = (
    name: string,
    rest: Omit<ClusterKind, 'name' | 'group' | 'on' | 'clusters'>,
  ): ClusterKind => ({
    ...{ name, group: 'brokers', on: 'cluster', clusters: clusterNames },
    ...rest,
  });
  const usual = { restSeconds: 6, brokersAway: 1 };
  return [
    kind('kill-broker', { about: 'SIGKILL of a broker, which stays away', seconds: [3, 15], ...usual }),
    kind('restart-broker', { about: 'graceful restart of a broker', seconds: [6, 12], ...usual }),
    kind('pause-broker', { about: 'SIGSTOP of a broker, then SIGCONT', seconds: [5, 30], ...usual }),
    kind('kill-all-brokers', {
      about: 'SIGKILL of all three brokers of a cluster at the same time (their disks survive)',
      ...{ seconds: [6, 12], restSeconds: 10, brokersAway: 3 },
    }),
    kind('unmet-min-insync', {
      about: 'two of three brokers away: fewer replicas than min.insync.replicas, so nothing can be written',
      ...{ seconds: [6, 20], restSeconds: 10, brokersAway: 2 },
    }),
    {
      ...kind('full-disk', {
        about: 'the disk of a broker is full; Kafka ends itself',
        seconds: [6, 15],
        ...usual,
      }),
      ...{ clusters: ['datacenter'], broker: smallDiskBroker },
    },
  ];
}

function networkKinds(): ClusterKind[] {
  const kind = (name: string, about: string, seconds: readonly [number, number]): ClusterKind => ({
    ...{ name, about, seconds, group: 'network', on: 'cluster', clusters: clusterNames },
    ...{ restSeconds: 4, brokersAway: 1 },
  });
  return [
    kind('cut-broker', 'connections to a broker are cut and refused', [4, 20]),
    kind('half-open', 'a broker is mute one way or both ways, and nothing is closed', [5, 25]),
    { ...kind('slow-network', 'every byte comes 80 ms later, each way', [6, 30]), brokersAway: 0 },
    {
      ...kind('reset-connections', 'all connections of a cluster are reset, every 2 s', [4, 10]),
      brokersAway: 0,
    },
    {
      ...kind('cut-datacenter', 'the datacenter is cut off from the master for long', [15, 120]),
      ...{ clusters: ['master'], restSeconds: 6, brokersAway: 3 },
    },
  ];
}

/** Who takes producer ids for transactions there. */
export const transactionalOf = { datacenter: 'filter', master: 'mirror' } as const;

/** Requests whose answers get lost after the broker has done what they ask. */
export const lostAnswers = {
  'lose-produce': 'produce',
  'lose-end-transaction': 'endTxn',
  'lose-offset-commit': 'txnOffsetCommit',
  'lose-producer-id': 'initProducerId',
  'lose-heartbeat': 'consumerGroupHeartbeat',
} as const;

function answerKinds(): ClusterKind[] {
  const about: Record<keyof typeof lostAnswers, string> = {
    'lose-produce': 'answers to Produce get lost: the batch is written',
    'lose-end-transaction': 'answers to EndTxn get lost: the transaction is decided',
    'lose-offset-commit': 'answers to TxnOffsetCommit get lost',
    'lose-producer-id': 'answers to InitProducerId get lost while a service starts again: the epoch is taken',
    'lose-heartbeat': "answers to the group's heartbeats get lost",
  };
  const onlyInDatacenter = ['lose-offset-commit', 'lose-heartbeat'];
  return Object.entries(about).map(([name, text]): ClusterKind => ({
    ...{ name, about: text, group: 'answers', on: 'cluster' },
    clusters: onlyInDatacenter.includes(name) ? ['datacenter'] : clusterNames,
    ...{ seconds: [4, 12], restSeconds: 1 },
    ...(name === 'lose-producer-id' && { needsRestart: true, seconds: [8, 15] }),
  }));
}
