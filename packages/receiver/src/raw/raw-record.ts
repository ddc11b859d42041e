import type { IncomingHttpHeaders } from 'node:http';
import { rawHeaders } from '@penstock/events/raw-headers';
import type { Header, OutgoingRecord } from '@penstock/kafka';
import { mediaTypeOf, pixelContentType, type EventRoute } from '../api/routes.ts';
import type { KeyHolder } from '../access/api-keys.ts';
import { headerText } from './header-text.ts';
import { bodyKey, clientKey, givenKey, mayHoldSendTime, type KeyFacts } from './partition-key.ts';

/** What one request was, before its body. */
export interface RequestFacts {
  route: EventRoute;
  requestId: string;
  receivedAtMs: number;
  headers: IncomingHttpHeaders;
  contentEncoding: string | undefined;
  /** As text, and the network of it as bytes. */
  clientAddress: string | undefined;
  clientNetwork: Uint8Array | undefined;
  /** Who sends, by its API key; undefined where none is asked for. */
  holder: KeyHolder | undefined;
  /** `?partition_key=`, as text that may travel: for clients that can set no header. */
  keyInUrl: string | undefined;
}

export interface Origin {
  dc: string;
  receiver: string;
  /** Of requests without an API key. */
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
    const { dc, receiver } = origin;
    this.#constant = new Map(
      routes.map((route) => [
        route,
        [
          [rawHeaders.formatHint, Buffer.from(route.formatHint)],
          [rawHeaders.dc, Buffer.from(dc)],
          [rawHeaders.receiver, Buffer.from(receiver)],
        ],
      ]),
    );
  }

  /** The record's key where the body has no say in it; undefined: `keyOf` knows it once the body is there. */
  keyBeforeBody(request: RequestFacts): Buffer | undefined {
    const facts = this.#keyFacts(request);
    const given = givenKey(facts);
    if (given || bodyTells(request) !== 'nothing') return given;
    return clientKey(facts, this.#origin.keySalt);
  }

  /** For a request whose body decides. */
  keyOf(request: RequestFacts, body: Buffer): Buffer {
    if (bodyTells(request) === 'key' || !mayHoldSendTime(body)) return bodyKey(body);
    return clientKey(this.#keyFacts(request), this.#origin.keySalt);
  }

  /** The body becomes the value without a copy. */
  of(request: RequestFacts, key: Buffer, body: Buffer): KeyedRecord {
    return { key, value: body, headers: this.#headersOf(request), timestampMs: request.receivedAtMs };
  }

  #tenantOf({ holder }: RequestFacts): string {
    return holder?.tenant ?? this.#origin.tenant;
  }

  #keyFacts(request: RequestFacts): KeyFacts {
    const { headers, clientNetwork, keyInUrl } = request;
    return {
      tenant: this.#tenantOf(request),
      // Longer than a key may be: what is too long is hashed there, not cut here.
      partitionKey: headerText(headers['x-partition-key'], 1024) ?? keyInUrl,
      idempotencyKey: headerText(headers['idempotency-key'], 1024),
      clientNetwork,
      userAgent: headers['user-agent'],
    };
  }

  #headersOf(request: RequestFacts): Header[] {
    const { route, headers } = request;
    const contentType =
      route.answer === 'pixel' ? pixelContentType : headerText(headers['content-type'], 128);
    const record: Header[] = [
      [rawHeaders.requestId, request.requestId],
      [rawHeaders.receivedAt, String(request.receivedAtMs)],
      ...(this.#constant.get(route) ?? []),
      [rawHeaders.tenant, this.#tenantOf(request)],
    ];
    add(record, rawHeaders.keyId, request.holder?.id);
    add(record, rawHeaders.contentType, contentType);
    add(record, rawHeaders.contentEncoding, request.contentEncoding);
    add(record, rawHeaders.clientIp, request.clientAddress);
    add(record, rawHeaders.userAgent, headerText(headers['user-agent'], 512));
    add(record, rawHeaders.sentAt, headerText(headers['x-sent-at'], 64));
    add(record, rawHeaders.attempt, attemptOf(headerText(headers['x-attempt'], 8)));
    return record;
  }
}

/** What a body says about the key of its retry, when the client gives none. */
function bodyTells({ route, headers, contentEncoding }: RequestFacts): 'key' | 'whether' | 'nothing' {
  // Compressed anew, the same events are other bytes: gzip writes the time into its header.
  if (contentEncoding !== undefined || route.bytesOfRetry === 'other') return 'nothing';
  if (route.bytesOfRetry === 'same') return 'key';
  return mediaTypeOf(headers['content-type'] ?? '') === 'application/json' ? 'whether' : 'key';
}

function add(record: Header[], name: string, value: string | undefined): void {
  if (value !== undefined) record.push([name, value]);
}

/** A count of tries, or nothing: this header is read as a number later. */
function attemptOf(value: string | undefined): string | undefined {
  return value !== undefined && /^\d{1,6}$/.test(value) ? value : undefined;
}
