import { watchStuckLso, type Cluster, type StableMark, type TransactionSession } from '@penstock/kafka';
import type { FilterMetrics } from '../metrics.ts';
import type { MarksOf } from '../partition/assignment-report.ts';

const everyMs = 1_000;

/**
 * Measures what a thread's loop cannot tell, because the loop itself is what waits.
 * @param partitions those of `topic` that are read now.
 */
export function startThreadGauges(
  cluster: Cluster,
  session: TransactionSession,
  metrics: FilterMetrics,
  topic: string,
  partitions: () => Iterable<number>,
  marksOf: MarksOf,
): Disposable {
  const watch = watchStuckLso(cluster, () => stableMarks(topic, partitions(), marksOf));
  const timer = setInterval(() => {
    metrics.markersWaitSeconds.set(session.markersWaitMs / 1_000);
    metrics.stuckLso.set(watch.count);
  }, everyMs);
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
      watch[Symbol.dispose]();
    },
  };
}

function* stableMarks(topic: string, partitions: Iterable<number>, marksOf: MarksOf): Iterable<StableMark> {
  for (const partition of partitions) {
    const marks = marksOf(partition);
    if (marks !== undefined) yield { topic, partition, ...marks };
  }
}
