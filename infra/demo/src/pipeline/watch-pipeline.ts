import { EventEmitter } from 'node:events';
import {
  openCluster,
  readRecords,
  startFetcher,
  type Cluster,
  type Fetcher,
  type RecordView,
} from '@penstock/kafka';
import {
  readEvent,
  readRejection,
  type ArrivedEvent,
  type ArrivedRejection,
} from '../samples/arrived-record.ts';
import type { Clusters } from './start-clusters.ts';
import { topics } from './topic-names.ts';

/** What read_committed readers have seen from the start until `listen`, in the order of their seeing. */
export interface PipelineWatch extends AsyncDisposable {
  readonly datacenter: Cluster;
  readonly master: Cluster;
  /** In events.clean of the datacenter. */
  readonly clean: readonly ArrivedEvent[];
  readonly rejected: readonly ArrivedRejection[];
  /** In events.clean of the master. */
  readonly arrived: readonly ArrivedEvent[];
  /** Calls back for each that comes from now on. None is kept any more: a load test would fill the memory. */
  listen(onArrived: (event: ArrivedEvent) => void, onRejected: (rejection: ArrivedRejection) => void): void;
  /** Aborted when a reader cannot go on. */
  readonly failed: AbortSignal;
}

/** Reads the three output topics from their beginning, for as long as it is not disposed of. */
export async function watchPipeline(clusters: Clusters): Promise<PipelineWatch> {
  await using stack = new AsyncDisposableStack();
  const open = async (bootstrap: readonly string[]): Promise<Cluster> =>
    stack.use(await openCluster({ bootstrap, clientId: 'penstock-demo' }));
  const datacenter = await open(clusters.datacenter.bootstrap);
  const master = await open(clusters.master.bootstrap);
  const failed = new AbortController();
  const clean: ArrivedEvent[] = [];
  const rejected: ArrivedRejection[] = [];
  const arrived: ArrivedEvent[] = [];
  let isKept = true;
  const told = new EventEmitter<{ arrived: [ArrivedEvent]; rejected: [ArrivedRejection] }>();
  const watch = async (cluster: Cluster, topic: string, visit: Visit): Promise<void> => {
    const fetcher = startFetcher(cluster, { isolation: 'read_committed' });
    const { partitions } = await cluster.topic(topic);
    for (const partition of partitions.keys()) {
      fetcher.assign(topic, partition, { offset: 0n, lastFetchedEpoch: -1 });
    }
    const closing = new AbortController();
    const reading = readOn(fetcher, visit, closing.signal).catch((error: unknown) => failed.abort(error));
    stack.defer(async () => {
      closing.abort();
      await reading;
      fetcher[Symbol.dispose]();
    });
  };
  await watch(datacenter, topics.datacenter.clean, (...record) => {
    if (isKept) clean.push(readEvent(...record));
  });
  await watch(datacenter, topics.datacenter.rejected, (...record) => {
    const rejection = readRejection(...record);
    if (isKept) rejected.push(rejection);
    told.emit('rejected', rejection);
  });
  await watch(master, topics.master.clean, (...record) => {
    const event = readEvent(...record);
    if (isKept) arrived.push(event);
    told.emit('arrived', event);
  });
  const owned = stack.move();
  return {
    ...{ datacenter, master, clean, rejected, arrived, failed: failed.signal },
    listen: (onArrived, onRejected) => {
      isKept = false;
      told.on('arrived', onArrived).on('rejected', onRejected);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

type Visit = (record: RecordView, partition: number, seenAtMs: number) => void;

async function readOn(fetcher: Fetcher, visit: Visit, closing: AbortSignal): Promise<void> {
  while (!closing.aborted) {
    const fetched = await fetcher.next({ signal: closing });
    const seenAtMs = Date.now();
    for (const { partition, batches, problem } of fetched) {
      if (problem) throw new Error(`${problem.kind}: ${problem.detail}`);
      for (const batch of batches) {
        for (const record of readRecords(batch)) {
          if (!isProbe(record)) visit(record, partition, seenAtMs);
        }
      }
    }
  }
}

/** The prober's, as its README tells consumers to leave them out. They come for as long as the demo runs. */
function isProbe({ key }: RecordView): boolean {
  return key !== null && key.includes('penstock-probe-');
}
