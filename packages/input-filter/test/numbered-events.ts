import { decodeEvent, sampleBody, sampleEvent, seededRandom, type BuiltInFormat } from '@penstock/events';
import type { Cluster, OutgoingRecord } from '@penstock/kafka';
import { rawRecord } from './raw-records.ts';
import { read } from './topic-io.ts';

/** One raw record with an event of each number; the number is in the event's id. */
export function request(
  numbers: readonly number[],
  format: BuiltInFormat = 3,
  bytes?: number,
): OutgoingRecord {
  const nowMs = Date.now();
  const events = numbers.map((number) =>
    sampleEvent(format, {
      eventId: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
      random: seededRandom(number + 1),
      occurredAtMs: nowMs - 1000,
      ...(bytes !== undefined && { bytes }),
    }),
  );
  return rawRecord({ ...sampleBody(format, events, nowMs), receivedAtMs: nowMs });
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, n) => from + n);
}

/** A raw record for each number. */
export function sequence(from: number, to: number, bytes?: number): OutgoingRecord[] {
  return range(from, to).map((number) => request([number], 3, bytes));
}

/** The numbers of the events that a read_committed consumer of clean sees, in order. */
export async function numbersIn(cluster: Cluster, topic: string, partition = 0): Promise<number[]> {
  const records = await read(cluster, topic, partition);
  return records.map((record) => Number(decodeEvent(record.value!).event_id.toString('hex').slice(20)));
}
