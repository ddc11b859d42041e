import { watchStuckLso, type Cluster, type Fetcher, type StableMark, type TxnSession } from '@penstock/kafka';
import type { FilterMetrics } from '../metrics.ts';

const everyMs = 1_000;

/** What a thread's loop cannot tell by itself, because it is the one that waits. */
export function startThreadGauges(o: {
  cluster: Cluster;
  session: TxnSession;
  fetcher: Fetcher;
  rawTopic: string;
  /** Those that are read now. */
  partitions: () => Iterable<number>;
  metrics: FilterMetrics;
}): Disposable {
  const watch = watchStuckLso(o.cluster, () => stableMarks(o));
  const timer = setInterval(() => {
    o.metrics.markersWaitSeconds.set(o.session.markersWaitMs / 1_000);
    o.metrics.stuckLso.set(watch.count);
  }, everyMs);
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
      watch[Symbol.dispose]();
    },
  };
}

function* stableMarks(o: {
  fetcher: Fetcher;
  rawTopic: string;
  partitions: () => Iterable<number>;
}): Iterable<StableMark> {
  for (const partition of o.partitions()) {
    const marks = o.fetcher.marks(o.rawTopic, partition);
    if (marks !== undefined) yield { topic: o.rawTopic, partition, ...marks };
  }
}
