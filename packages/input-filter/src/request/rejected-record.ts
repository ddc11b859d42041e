import {
  anonymiseIp,
  rawHeaders,
  rejectedHeaders,
  type IpPrivacy,
  type Reason,
  type Stage,
} from '@penstock/events';
import type { Header, OutgoingRecord } from '@penstock/kafka';
import type { Original } from './original-bytes.ts';
import type { HeaderTexts } from './raw-request.ts';

/** Why something goes to events.rejected. An Outcome or a Refusal of packages/events fits. */
export interface Rejection {
  readonly reason: Reason;
  readonly stage: Stage;
  readonly detail: string;
  readonly rule?: string | undefined;
}

/** Where something that is rejected came from. */
export interface RejectedSource {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly key: Uint8Array | null;
  readonly timestampMs: number;
  /** All headers of the raw record. */
  readonly headers: HeaderTexts;
}

const detailLengthMax = 1000;

/**
 * The record of one event, or one whole request, that is rejected: its original bytes, the headers of the raw
 * record, and beside them what was wrong and where it came from, so that it can be replayed.
 *
 * @param index the event's place in its request; undefined when the whole request is rejected.
 * @param original bytes as the client sent them. Those of one event of a compressed body are inflated, and
 *   then the header content-encoding is left out.
 */
export function rejectedRecord(
  rejection: Rejection,
  index: number | undefined,
  original: Original,
  source: RejectedSource,
  ipPrivacy: IpPrivacy,
): OutgoingRecord {
  const headers: Header[] = [];
  for (const [name, value] of source.headers) {
    // A rejected record that was replayed brings our own headers along: they would be there twice.
    if (ownNames.has(name) || (original.inflated && name === rawHeaders.contentEncoding)) continue;
    // An event that is kept by itself is the only one.
    if (name === rawHeaders.onlyIndex && index !== undefined) continue;
    const kept = name === rawHeaders.clientIp ? anonymiseIp(value, ipPrivacy) : value;
    if (kept !== null) headers.push([name, kept]);
  }
  const detail = rejection.detail.slice(0, detailLengthMax - original.note.length) + original.note;
  headers.push([rejectedHeaders.reason, rejection.reason], [rejectedHeaders.stage, rejection.stage]);
  if (rejection.rule !== undefined) headers.push([rejectedHeaders.rule, rejection.rule]);
  headers.push(
    [rejectedHeaders.detail, detail],
    [rejectedHeaders.sourceTopic, source.topic],
    [rejectedHeaders.sourcePartition, String(source.partition)],
    [rejectedHeaders.sourceOffset, String(source.offset)],
  );
  if (index !== undefined) headers.push([rejectedHeaders.index, String(index)]);
  if (original.kept !== undefined) headers.push([rejectedHeaders.kept, original.kept]);
  const value = Buffer.from(original.bytes); // a copy: the bytes may be a view of what was fetched
  return { key: source.key, value, headers, timestampMs: source.timestampMs };
}

const ownNames: ReadonlySet<string> = new Set(Object.values(rejectedHeaders));
