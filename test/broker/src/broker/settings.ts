/** The addresses of one broker process; every listener is on 127.0.0.1 unless `bind` says otherwise. */
export interface BrokerAddresses {
  id: number;
  /** Where clients connect, and what they are told to connect to (a proxy's address, for fault tests). */
  client: { bind: string; advertised: string };
  /** Between brokers: never through a proxy. */
  internal: { bind: string; advertised: string };
  controller: { bind: string; advertised: string };
}

/** The names of the listeners; `settings` of a test may refer to them. */
const protocols = 'CLIENT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT';

/**
 * server.properties for one broker (which is also a controller) of a cluster of 1 or 3. Later entries win.
 */
export function brokerSettings(
  self: BrokerAddresses,
  all: readonly BrokerAddresses[],
  folder: string,
  extra: Record<string, string> = {},
): Record<string, string> {
  const replicated = all.length > 1;
  return {
    'process.roles': 'broker,controller',
    'node.id': String(self.id),
    'controller.quorum.voters': all.map((one) => `${one.id}@${one.controller.advertised}`).join(','),
    listeners: [
      `CLIENT://${self.client.bind}`,
      `INTERNAL://${self.internal.bind}`,
      `CONTROLLER://${self.controller.bind}`,
    ].join(','),
    'advertised.listeners': `CLIENT://${self.client.advertised},INTERNAL://${self.internal.advertised}`,
    'listener.security.protocol.map': protocols,
    'inter.broker.listener.name': 'INTERNAL',
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': folder,
    ...replication(replicated),
    ...transactionsAndGroups,
    ...smallAndQuick,
    ...extra,
  };
}

function replication(replicated: boolean): Record<string, string> {
  const factor = replicated ? '3' : '1';
  const inSync = replicated ? '2' : '1';
  return {
    'default.replication.factor': factor,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': factor,
    'transaction.state.log.replication.factor': factor,
    'transaction.state.log.min.isr': inSync,
    'share.coordinator.state.topic.replication.factor': factor,
    'share.coordinator.state.topic.min.isr': inSync,
    'unclean.leader.election.enable': 'false',
    'auto.create.topics.enable': 'false',
    // The time a killed broker keeps its leaderships, and a killed and restarted one waits for its old
    // self. Default 9 s.
    'broker.session.timeout.ms': '4000',
    'broker.heartbeat.interval.ms': '500',
    'replica.lag.time.max.ms': '10000',
    'replica.fetch.backoff.ms': '200',
    'replica.socket.timeout.ms': '5000',
  };
}

const transactionsAndGroups = {
  // 12 partitions on 3 brokers: 29.6 ms a transaction at the default of 20, 6.4 ms at 1.
  'add.partitions.to.txn.retry.backoff.ms': '1',
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': '1000',
  'transaction.state.log.num.partitions': '4',
  'offsets.topic.num.partitions': '4',
  'group.initial.rebalance.delay.ms': '0',
  'group.consumer.min.session.timeout.ms': '6000',
  'group.consumer.session.timeout.ms': '6000',
  // The least the broker may hand out; ours is min(what the broker says, 1 s).
  'group.consumer.min.heartbeat.interval.ms': '1000',
  'group.consumer.heartbeat.interval.ms': '2000',
  'group.min.session.timeout.ms': '1000',
};

const smallAndQuick = {
  // By default a broker ends when no controller has registered it within 60 s: on a machine whose cores are
  // all taken, that long is nothing unusual.
  'initial.broker.registration.timeout.ms': '600000',
  'num.network.threads': '2',
  'num.io.threads': '4',
  'num.replica.fetchers': '1',
  'num.recovery.threads.per.data.dir': '1',
  'background.threads': '2',
  'log.cleaner.threads': '1',
  'log.cleaner.dedupe.buffer.size': '2097152',
  'log.cleaner.io.buffer.size': '65536',
  'log.cleaner.backoff.ms': '2000',
  'log.retention.check.interval.ms': '5000',
  'log.segment.delete.delay.ms': '1000',
  'log.index.size.max.bytes': '1048576',
  'offsets.load.buffer.size': '1048576',
  'socket.request.max.bytes': '104857600',
  'controlled.shutdown.enable': 'true',
};

/** The text of a Java properties file. */
export function propertiesFile(settings: Record<string, string>): string {
  const escape = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${escape(value)}\n`)
    .join('');
}

/** How the image apache/kafka wants a setting named in the environment. */
export function environmentName(setting: string): string {
  const escaped = setting.replaceAll('_', '__').replaceAll('-', '___').replaceAll('.', '_');
  return `KAFKA_${escaped.toUpperCase()}`;
}
