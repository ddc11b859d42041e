import { rawHeaders, sampleBody, sampleUuid, seededRandom, type Random } from '@penstock/events';
import { openCluster, startBatchProducer, type OutgoingRecord } from '@penstock/kafka';
import { uniqueName, type TestKafka } from '@penstock/test-broker';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { clientEvent } from '../../client-event.ts';

/** Raw requests that wait to be filtered. */
export interface Backlog {
  readonly topic: string;
  readonly partitions: number;
  readonly events: number;
  readonly bytesPerEvent: number;
}

const partitions = 12;
const devices = 5_000;

/** One event a request, as clients that send each event at once make them: the dearest kind. */
export async function fillBacklog(kafka: TestKafka, events: number): Promise<Backlog> {
  const topic = uniqueName('bench-raw');
  await kafka.createTopic(topic, { partitions });
  await using cluster = await openCluster({ bootstrap: kafka.bootstrap, clientId: 'bench' });
  let failure: Error | undefined;
  let room: (() => void) | undefined;
  const producer = await startBatchProducer<number>(cluster, {
    ...{ lingerMs: 50, batchBytes: 512 * 1024, memoryBytes: 64 * 1024 * 1024, codec: 'zstd' },
    onSettled({ outcome, error }) {
      if (outcome !== 'written') failure = error ?? new Error(outcome);
      room?.();
    },
  });
  const random = seededRandom(1);
  let bytes = 0;
  for (let sent = 0; sent < events && failure === undefined; sent++) {
    const record = requestOf(random);
    bytes += record.value?.length ?? 0;
    while (!producer.append(topic, sent % partitions, record, sent)) {
      await new Promise<void>((resolve) => (room = resolve));
    }
    if (sent % 200 === 0) await nextTurn();
  }
  await producer.drain();
  await producer[Symbol.asyncDispose]();
  if (failure !== undefined) throw failure;
  return { topic, partitions, events, bytesPerEvent: bytes / events };
}

function requestOf(random: Random): OutgoingRecord {
  const nowMs = Date.now();
  const device = Math.floor(random() * devices);
  const { body, hint, contentType } = sampleBody(4, [clientEvent(random, nowMs)], nowMs);
  const headers = [
    [rawHeaders.requestId, sampleUuid(random)],
    [rawHeaders.receivedAt, String(nowMs)],
    [rawHeaders.dc, 'dc1'],
    [rawHeaders.receiver, 'receiver-1'],
    [rawHeaders.tenant, 'default'],
    [rawHeaders.formatHint, hint],
    [rawHeaders.contentType, contentType],
    [rawHeaders.clientIp, `81.${device % 200}.${device % 256}.${device % 251}`],
    [rawHeaders.userAgent, 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36'],
  ] as const;
  return { key: Buffer.from(`device-${device}`), value: body, headers, timestampMs: nowMs };
}
