import { formatUuid, reasons, type DecodedEvent, type Reason, type Stage } from '@penstock/events';
import type { FilteredEvent } from '../request/filter-request.ts';

/** What `POST /validate` says of one event; docs/validate.md explains it. */
export type ValidatedEvent = AcceptedEvent | StoppedEventResult;

export interface AcceptedEvent {
  /** Position in the request, from 0. */
  readonly index: number;
  readonly outcome: 'accepted';
  /** Where it would go. */
  readonly topic: string;
  /** Ids of the fixes and normalisations that changed it. */
  readonly fixes: readonly string[];
  /** As a consumer reads it, with the catalogue's own fields. */
  readonly event: object;
}

export interface StoppedEventResult {
  /** Null: the request as a whole. */
  readonly index: number | null;
  readonly outcome: 'rejected' | 'unwanted';
  readonly stage: Stage;
  readonly reason: Reason;
  /** What the reason means. */
  readonly sentence: string;
  /** What was found and where. */
  readonly detail: string;
  /** The fix that stopped it, null when none did. */
  readonly rule: string | null;
  readonly fixes: readonly string[];
}

/** @param decode for records of the catalogue's schema. @param topicOf an event's type. */
export function resultOf(
  filtered: FilteredEvent,
  decode: (record: Uint8Array) => DecodedEvent,
  topicOf: (eventType: string) => string,
): ValidatedEvent {
  if (filtered.kind === 'encoded') {
    const { event, own } = decode(filtered.encoded);
    const { index, fixes } = filtered;
    const shown = { ...event, event_id: formatUuid(event.event_id), ...own };
    return { index, outcome: 'accepted', topic: topicOf(event.event_type), fixes, event: shown };
  }
  const { kind, index = null, rejection, fixes } = filtered;
  const { reason, stage, detail, rule = null } = rejection;
  const { sentence } = reasons[reason];
  return { index, outcome: kind, stage, reason, sentence, detail, rule, fixes };
}
