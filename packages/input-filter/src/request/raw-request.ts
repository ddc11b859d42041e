import {
  parseTime,
  rawHeaders,
  readFormatHint,
  refuse,
  type FormatHint,
  type Refusal,
  type RequestContext,
} from '@penstock/events';

/** The part of a raw record that the filter reads. `RecordView` of the Kafka core fits. */
export interface RawRecord {
  readonly offset: bigint;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  headers(): readonly (readonly [name: string, value: Buffer | null])[];
}

/** One request as the Receiver stored it. Its body is a view of the fetched bytes. */
export interface RawRequest {
  readonly kind: 'request';
  readonly context: RequestContext;
  readonly body: Uint8Array;
  readonly hint: FormatHint | null;
  readonly contentType: string | null;
  readonly contentEncoding: string | undefined;
  readonly clientIp: string | undefined;
  /** Of a record that was replayed: only the event at this place in the request counts. */
  readonly onlyIndex: number | undefined;
}

/** Every header by its name. Of a repeated one the first counts. */
export type HeaderTexts = ReadonlyMap<string, string>;

export function headerTexts(record: RawRecord): HeaderTexts {
  const texts = new Map<string, string>();
  for (const [name, value] of record.headers()) {
    if (value !== null && !texts.has(name)) texts.set(name, value.toString('utf8'));
  }
  return texts;
}

/**
 * Reads what the Receiver wrote around the body. A record without the headers that every Receiver writes was
 * made by something else: it is refused, because any origin that we gave it would be untrue.
 */
export function readRawRequest(
  record: RawRecord,
  headers: HeaderTexts,
  topic: string,
  partition: number,
): RawRequest | Refusal {
  const requestId = headers.get(rawHeaders.requestId);
  const dc = headers.get(rawHeaders.dc);
  const receiver = headers.get(rawHeaders.receiver);
  const receivedAt = headers.get(rawHeaders.receivedAt) ?? '';
  const receivedAtMs = /^\d{1,15}$/.test(receivedAt) ? Number(receivedAt) : Number.NaN;
  if (requestId === undefined) return missing(rawHeaders.requestId);
  if (dc === undefined) return missing(rawHeaders.dc);
  if (receiver === undefined) return missing(rawHeaders.receiver);
  if (!isTime(receivedAtMs)) return missing(rawHeaders.receivedAt);
  return {
    kind: 'request',
    body: record.value ?? nothing,
    hint: readFormatHint(headers.get(rawHeaders.formatHint)),
    contentType: headers.get(rawHeaders.contentType) ?? null,
    contentEncoding: headers.get(rawHeaders.contentEncoding),
    clientIp: headers.get(rawHeaders.clientIp),
    onlyIndex: countOf(headers.get(rawHeaders.onlyIndex)) ?? undefined,
    context: {
      tenant: headers.get(rawHeaders.tenant) ?? '',
      receivedAtMs,
      sentAtMs: parseTime(headers.get(rawHeaders.sentAt)?.trim()),
      userAgent: headers.get(rawHeaders.userAgent) ?? null,
      clientAddress: headers.get(rawHeaders.clientIp) ?? null,
      dc,
      receiver,
      requestId,
      topic,
      partition,
      offset: Number(record.offset),
      attempt: countOf(headers.get(rawHeaders.attempt)),
    },
  };
}

const nothing = new Uint8Array(0);

function missing(name: string): Refusal {
  return refuse('missing-header', `the raw record has no usable header ${name}`);
}

/** Null for anything but a decimal count. */
function countOf(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,8}$/.test(text) ? Number(text) : null;
}

/** Until the year 9999. */
function isTime(ms: number): boolean {
  return Number.isSafeInteger(ms) && ms >= 0 && ms < 253_402_300_800_000;
}
