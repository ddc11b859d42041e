import type { IncomingHttpHeaders } from 'node:http';
import { rawHeaders } from '@penstock/events';
import type { Header, OutgoingRecord } from '@penstock/kafka';
import { headerText } from './header-text.ts';
import { partitionKey } from './partition-key.ts';
import { pixelContentType, type EventRoute } from '../api/routes.ts';

/** What one request was. */
export interface RequestFacts {
  route: EventRoute;
  requestId: string;
  receivedAtMs: number;
  headers: IncomingHttpHeaders;
  contentEncoding: string | undefined;
  clientAddress: string | undefined;
  body: Buffer;
}

export interface Origin {
  dc: string;
  receiver: string;
  tenant: string;
  keySalt: string;
}

export interface KeyedRecord extends OutgoingRecord {
  key: Buffer;
  value: Buffer;
}

/** Turns requests into raw records: the body as it came, what the request was beside it. */
export class RawRecords {
  readonly #origin: Origin;
  readonly #constant: Map<EventRoute, readonly Header[]>;

  constructor(origin: Origin, routes: readonly EventRoute[]) {
    this.#origin = origin;
    const { dc, receiver, tenant } = origin;
    this.#constant = new Map(
      routes.map((route) => [
        route,
        [
          [rawHeaders.formatHint, Buffer.from(route.formatHint)],
          [rawHeaders.dc, Buffer.from(dc)],
          [rawHeaders.receiver, Buffer.from(receiver)],
          [rawHeaders.tenant, Buffer.from(tenant)],
        ],
      ]),
    );
  }

  /** The body becomes the value without a copy. */
  of(request: RequestFacts): KeyedRecord {
    const { route, headers, body, clientAddress } = request;
    const key = partitionKey(
      {
        tenant: this.#origin.tenant,
        // Longer than a key may be: what is too long is hashed there, not cut here.
        partitionKey: headerText(headers['x-partition-key'], 1024),
        idempotencyKey: headerText(headers['idempotency-key'], 1024),
        bodyChangesWithEachTry: route.bodyChangesWithEachTry,
        clientAddress,
        body,
      },
      this.#origin.keySalt,
    );
    return { key, value: body, headers: this.#headersOf(request), timestampMs: request.receivedAtMs };
  }

  #headersOf(request: RequestFacts): Header[] {
    const { route, headers } = request;
    const contentType =
      route.answer === 'pixel' ? pixelContentType : headerText(headers['content-type'], 128);
    const record: Header[] = [
      [rawHeaders.requestId, request.requestId],
      [rawHeaders.receivedAt, String(request.receivedAtMs)],
      ...(this.#constant.get(route) ?? []),
    ];
    add(record, rawHeaders.contentType, contentType);
    add(record, rawHeaders.contentEncoding, request.contentEncoding);
    add(record, rawHeaders.clientIp, request.clientAddress);
    add(record, rawHeaders.userAgent, headerText(headers['user-agent'], 512));
    add(record, rawHeaders.sentAt, headerText(headers['x-sent-at'], 64));
    add(record, rawHeaders.attempt, attemptOf(headerText(headers['x-attempt'], 8)));
    return record;
  }
}

function add(record: Header[], name: string, value: string | undefined): void {
  if (value !== undefined) record.push([name, value]);
}

/** A count of tries, or nothing: this header is read as a number later. */
function attemptOf(value: string | undefined): string | undefined {
  return value !== undefined && /^\d{1,6}$/.test(value) ? value : undefined;
}
