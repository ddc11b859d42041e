import { openCluster, type Cluster, type RecordView } from '@penstock/kafka';
import { kafkaConnection, type Log } from '@penstock/service';
import type { Hop } from '../account/findings.ts';
import { datacentersOf, type ProberConfig } from '../config.ts';
import { HopReader, type Offsets, type TopicIds } from './hop-reader.ts';

/** One topic that is read, and for which datacenters it speaks: clean of the master carries all of them. */
export interface WatchedHop {
  readonly hop: Hop;
  /** `fra/clean`, or `master` for all. */
  readonly name: string;
  readonly datacenters: readonly string[];
  readonly reader: HopReader;
}

export interface OpenHopsOptions {
  readonly config: ProberConfig;
  readonly log: Log;
  readonly offsets: Readonly<Record<string, Offsets>>;
  readonly topicIds: Readonly<Record<string, TopicIds>>;
  visit(hop: Hop, record: RecordView): void;
  onRead(name: string, records: number): void;
  onGap(hop: Hop, datacenters: readonly string[], anew: boolean): void;
}

/** Opens every cluster and starts to read every hop; `stack` owns all of it, also when this fails halfway. */
export async function openHops(options: OpenHopsOptions, stack: AsyncDisposableStack): Promise<WatchedHop[]> {
  const { config, log, offsets, topicIds, visit, onRead, onGap } = options;
  const { kafka, master, topics } = config;
  const datacenters = datacentersOf(config);
  const watched: WatchedHop[] = [];
  for (const { name, bootstrap } of datacenters) {
    const cluster = stack.use(await openCluster({ ...kafkaConnection({ ...kafka, bootstrap }), log }));
    await watch(cluster, 'raw', `${name}/raw`, topics.raw, [name]);
    await watch(cluster, 'clean', `${name}/clean`, topics.clean, [name]);
  }
  const target = stack.use(await openCluster({ ...kafkaConnection(master), log }));
  const all = datacenters.map(({ name }) => name);
  await watch(target, 'master', 'master', topics.master, all);
  return watched;

  async function watch(
    cluster: Cluster,
    hop: Hop,
    name: string,
    topic: string,
    speaksFor: string[],
  ): Promise<void> {
    const reader = stack.use(
      await HopReader.start({
        ...{ cluster, topic, log, from: offsets[name] ?? {}, fromTopicIds: topicIds[name] },
        visit: (record) => visit(hop, record),
        onRead: (records) => onRead(name, records),
        onGap: (anew) => onGap(hop, speaksFor, anew),
      }),
    );
    watched.push({ hop, name, datacenters: speaksFor, reader });
  }
}
