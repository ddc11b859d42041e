import {
  anonymiseIp,
  rawHeaders,
  rejectedHeaders,
  type IpPrivacy,
  type Reason,
  type Stage,
} from '@penstock/events';
import type { Header, OutgoingRecord } from '@penstock/kafka';
import type { HeaderTexts } from './raw-request.ts';

/** Why something goes to events.rejected; an Outcome or a Refusal of packages/events fits. */
export interface Rejection {
  readonly reason: Reason;
  readonly stage: Stage;
  readonly detail: string;
  readonly rule?: string | undefined;
}

export interface RejectedSource {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** The event's place in its request; undefined when the whole request is rejected. */
  readonly index: number | undefined;
  readonly key: Uint8Array | null;
  readonly timestampMs: number;
  /** All headers of the raw record. */
  readonly headers: HeaderTexts;
}

const DETAIL_LENGTH_MAX = 1000;

/**
 * The record of one event, or one whole request, that is rejected: its original bytes, the headers of the raw record,
 * and beside them what was wrong and where it came from, so that it can be replayed.
 *
 * @param bytes as the client sent them. Of a single event of a compressed body they are inflated, and the header
 *   content-encoding is left out (`inflated`).
 */
export function rejectedRecord(
  bytes: Uint8Array,
  rejection: Rejection,
  source: RejectedSource,
  o: { ipPrivacy: IpPrivacy; inflated: boolean },
): OutgoingRecord {
  const headers: Header[] = [];
  for (const [name, value] of source.headers) {
    // A raw record that was itself rejected and replayed brings our own names along: they would be there twice.
    if (ownNames.has(name) || (o.inflated && name === rawHeaders.contentEncoding)) continue;
    const kept = name === rawHeaders.clientIp ? anonymiseIp(value, o.ipPrivacy) : value;
    if (kept !== null) headers.push([name, kept]);
  }
  headers.push([rejectedHeaders.reason, rejection.reason], [rejectedHeaders.stage, rejection.stage]);
  if (rejection.rule !== undefined) headers.push([rejectedHeaders.rule, rejection.rule]);
  headers.push(
    [rejectedHeaders.detail, rejection.detail.slice(0, DETAIL_LENGTH_MAX)],
    [rejectedHeaders.sourceTopic, source.topic],
    [rejectedHeaders.sourcePartition, String(source.partition)],
    [rejectedHeaders.sourceOffset, String(source.offset)],
  );
  if (source.index !== undefined) headers.push([rejectedHeaders.index, String(source.index)]);
  return { key: source.key, value: bytes, headers, timestampMs: source.timestampMs };
}

const ownNames: ReadonlySet<string> = new Set(Object.values(rejectedHeaders));
