import { decodeEvent, formatUuid, rawHeaders, rejectedHeaders, type Event } from '@penstock/events';
import type { RecordView } from '@penstock/kafka';

export interface Place {
  partition: number;
  offset: string;
  /** By the demo's clock: when its reader got the record. */
  seenAtMs: number;
}

/** A record of a clean topic. */
export interface ArrivedEvent extends Place {
  eventId: string;
  event: Event;
}

/** A record of events.rejected. */
export interface ArrivedRejection extends Place {
  requestId: string;
  /** 'whole' when the request could not be split. */
  index: string;
  reason: string;
  stage: string;
  rule: string;
  detail: string;
}

export function readEvent(record: RecordView, partition: number, seenAtMs: number): ArrivedEvent {
  const event = decodeEvent(record.value ?? new Uint8Array());
  return { eventId: formatUuid(event.event_id), event, partition, offset: String(record.offset), seenAtMs };
}

export function readRejection(record: RecordView, partition: number, seenAtMs: number): ArrivedRejection {
  const headers = new Map(record.headers().map(([name, value]) => [name, value?.toString() ?? '']));
  const text = (name: string): string => headers.get(name) ?? '';
  return {
    requestId: text(rawHeaders.requestId),
    index: headers.get(rejectedHeaders.index) ?? 'whole',
    reason: text(rejectedHeaders.reason),
    stage: text(rejectedHeaders.stage),
    rule: text(rejectedHeaders.rule),
    detail: text(rejectedHeaders.detail),
    partition,
    offset: String(record.offset),
    seenAtMs,
  };
}
