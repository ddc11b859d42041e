import { builtInCatalogue, createPipeline, rawHeaders, rejectedHeaders } from '@penstock/events';
import type { FormatHint, RequestContext } from '@penstock/events';
import { readTopic } from '@penstock/kafka';
import { bodyOf } from '@penstock/load';
import type { Cluster, RecordView } from '@penstock/kafka';

/** For each partition: long enough for a loaded machine. */
const reading = { timeoutMs: 180_000 };

export async function countTopic(cluster: Cluster, topic: string): Promise<number> {
  let count = 0;
  await readTopic(cluster, topic, () => count++, reading);
  return count;
}

/** How often each reason stands in a rejected topic. */
export async function reasonsOf(cluster: Cluster, topic: string): Promise<Record<string, number>> {
  const reasons: Record<string, number> = {};
  await readTopic(
    cluster,
    topic,
    (record) => {
      const header = record.headers().find(([name]) => name === rejectedHeaders.reason);
      const reason = header?.[1]?.toString() ?? 'none';
      reasons[reason] = (reasons[reason] ?? 0) + 1;
    },
    reading,
  );
  return reasons;
}

/** What the raw topic must become, judged by the rules alone, without Kafka, threads or restarts. */
export interface Expected {
  /** Events after the split; a request that cannot be split counts as one. */
  events: number;
  /** Distinct ids. */
  clean: number;
  rejected: number;
  /** Events of an id that was there before. */
  duplicates: number;
}

/** Runs the pure rules over everything in the raw topic. */
export async function expectedOfRaw(cluster: Cluster, topic: string): Promise<Expected> {
  const pipeline = createPipeline(builtInCatalogue);
  const ids = new Set<string>();
  const expected: Expected = { events: 0, clean: 0, rejected: 0, duplicates: 0 };
  await readTopic(
    cluster,
    topic,
    (record, partition) => {
      const headers = new Map(record.headers().map(([name, value]) => [name, value?.toString() ?? null]));
      const hint = headers.get(rawHeaders.formatHint) as FormatHint | undefined;
      const split = pipeline.split(bodyOf(record), hint ?? null, headers.get(rawHeaders.contentType) ?? null);
      if (split.kind === 'rejected') {
        expected.events++;
        expected.rejected++;
        return;
      }
      for (const item of split.items) {
        expected.events++;
        const outcome = pipeline.process(item, contextOf(headers, record, topic, partition));
        if (outcome.kind !== 'clean') {
          expected.rejected++;
          continue;
        }
        const id = Buffer.from(outcome.event.event_id).toString('hex');
        if (ids.has(id)) expected.duplicates++;
        else ids.add(id);
      }
    },
    reading,
  );
  expected.clean = ids.size;
  return expected;
}

function contextOf(
  headers: ReadonlyMap<string, string | null>,
  record: RecordView,
  topic: string,
  partition: number,
): RequestContext {
  return {
    tenant: headers.get(rawHeaders.tenant) ?? '',
    receivedAtMs: record.timestampMs,
    sentAtMs: null,
    userAgent: null,
    dc: headers.get(rawHeaders.dc) ?? '',
    receiver: headers.get(rawHeaders.receiver) ?? '',
    requestId: headers.get(rawHeaders.requestId) ?? '',
    topic,
    partition,
    offset: Number(record.offset),
  };
}
