/**
 * The names of the Kafka record headers that Receiver and Input Filter agree on. Values are UTF-8 text.
 * A header that has nothing to say is left out, never written empty.
 *
 * This file is also @penstock/events/raw-headers: the Receiver needs no more, and everything else of this
 * package was 12 MB in it.
 */
export const rawHeaders = {
  /** The Receiver's id of the request; also in its answer to the client. */
  requestId: 'request-id',
  /** Milliseconds since 1970, decimal; equal to the record's timestamp. */
  receivedAt: 'received-at',
  /** What the route says about the format: one of `formatHints`. */
  formatHint: 'format-hint',
  /** As the client sent it. The query of a GET is recorded as application/x-www-form-urlencoded. */
  contentType: 'content-type',
  /** gzip, zstd, br or deflate: the body is stored as received, still encoded. */
  contentEncoding: 'content-encoding',
  clientIp: 'client-ip',
  userAgent: 'user-agent',
  /** Which API key was used: its id, never the key. */
  keyId: 'key-id',
  dc: 'dc',
  receiver: 'receiver',
  /** When the client says it sent the request (header x-sent-at): milliseconds since 1970 or ISO 8601. */
  sentAt: 'sent-at',
  /** How often the client has tried this request, decimal. */
  attempt: 'attempt',
  tenant: 'tenant',
  /**
   * Only on records that `input-filter replay` wrote. How often what the record holds was replayed, decimal,
   * from 1.
   */
  replays: 'replays',
  /** Beside it: of the events of the body, only the one at this position counts, from 0. */
  onlyIndex: 'only-index',
} as const;

/** The headers of `events.rejected`, beside the raw headers that it keeps. */
export const rejectedHeaders = {
  /** One of `reasons`. */
  reason: 'reason',
  stage: 'stage',
  /** The fix that stopped the event, if one did. */
  rule: 'rule',
  /** A sentence for a human: what was found and where. */
  detail: 'detail',
  sourceTopic: 'source-topic',
  sourcePartition: 'source-partition',
  sourceOffset: 'source-offset',
  /** The event's position in its request, from 0; absent when the whole request is rejected. */
  index: 'index',
  /**
   * How an event is kept that could not be kept as a request of its own: `whole-request` (among all events of
   * its request) or `without-envelope` (alone, which may then lack what it inherits). Absent for the others.
   */
  kept: 'kept',
} as const;

/** The formats that the built-in routes stand for. */
export const formatHints = ['1', '2', '3', '4'] as const;

/**
 * The number of the format that the route stands for: one of `formatHints`, or that of a deployer's own
 * route. Without it, the shape of the events decides.
 */
export type FormatHint = `${number}`;

/** Null for a text that is no number of a format. */
export function readFormatHint(text: string | undefined): FormatHint | null {
  return text !== undefined && /^[1-9]\d{0,2}$/.test(text) ? (text as FormatHint) : null;
}

/** Which numbers deployers may give to formats of their own. Those between are for later built-in ones. */
export const ownFormats = { first: 100, last: 999 } as const;
