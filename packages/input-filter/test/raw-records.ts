import { rawHeaders, type FormatHint } from '@penstock/events';
import type { Header, OutgoingRecord } from '@penstock/kafka';

export interface RawRequestOptions {
  body: Uint8Array;
  hint?: FormatHint | null;
  contentType?: string | null;
  contentEncoding?: string;
  clientIp?: string;
  requestId?: string;
  receivedAtMs?: number;
  key?: string;
}

/** A raw record as a Receiver writes it. */
export function rawRecord(o: RawRequestOptions): OutgoingRecord {
  const receivedAtMs = o.receivedAtMs ?? Date.now();
  const optional: [string, string | null | undefined][] = [
    [rawHeaders.formatHint, o.hint],
    [rawHeaders.contentType, o.contentType],
    [rawHeaders.contentEncoding, o.contentEncoding],
    [rawHeaders.clientIp, o.clientIp],
  ];
  const headers: Header[] = [
    [rawHeaders.requestId, o.requestId ?? crypto.randomUUID()],
    [rawHeaders.receivedAt, String(receivedAtMs)],
    [rawHeaders.dc, 'dc1'],
    [rawHeaders.receiver, 'receiver-1'],
    [rawHeaders.tenant, 'acme'],
    ...optional.filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  ];
  return { key: Buffer.from(o.key ?? 'device-1'), value: o.body, headers, timestampMs: receivedAtMs };
}
