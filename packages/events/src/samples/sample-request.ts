import type { FormatNumber } from '../request.ts';
import type { FormatHint } from '../raw-headers.ts';
import type { JsonObject } from '../json.ts';
import type { Reason } from '../reasons.ts';

/** A request as a client would send it to a Receiver, and what must become of its events. */
export interface SampleRequest {
  /** What it shows: a line for a human. */
  readonly title: string;
  readonly method: 'GET' | 'POST';
  /** Path and query at the Receiver. */
  readonly path: string;
  readonly contentType: string | null;
  /** What Receivers store as the body: for a GET its query, without the question mark. */
  readonly body: Uint8Array;
  readonly hint: FormatHint | null;
  /** One for each event; a single 'rejected' for a request that cannot be split. */
  readonly expected: readonly SampleOutcome[];
}

export type SampleOutcome =
  | {
      readonly kind: 'clean';
      readonly eventId: string | null;
      readonly type: string;
      readonly fixes: readonly string[];
    }
  | { readonly kind: 'rejected' | 'unwanted'; readonly reason: Reason; readonly rule?: string };

/** Sample requests of every format, broken ones among them. Pure: same arguments, same bytes. */
export function sampleRequests(options: { nowMs: number; seed?: number }): SampleRequest[] {
  throw new Error(`not written yet ${options.nowMs}`);
}

export interface SampleEventOptions {
  /** UUID text. */
  readonly eventId: string;
  /** 0..1, as Math.random; `seededRandom` gives repeatable ones. */
  readonly random: () => number;
  /** When it happened, milliseconds since 1970. */
  readonly occurredAtMs: number;
  /** fixable: shows a bug that a repair fix mends. rejected: breaks its format. Default healthy. */
  readonly variant?: 'healthy' | 'fixable' | 'rejected';
  /** Filled up with properties to about this size. Default: what it is, some 500. */
  readonly bytes?: number;
}

/** One event in the given format. For format 3 and 4 see `sampleBody` for the envelope. */
export function sampleEvent(format: FormatNumber, options: SampleEventOptions): JsonObject {
  throw new Error(`not written yet ${format} ${options.eventId}`);
}

export interface SampleBody {
  readonly path: string;
  readonly contentType: string;
  readonly hint: FormatHint;
  readonly body: Buffer;
}

/** The events as one POST: array (1, 2), envelope (3), NDJSON (4). */
export function sampleBody(
  format: FormatNumber,
  events: readonly JsonObject[],
  sentAtMs: number,
): SampleBody {
  throw new Error(`not written yet ${format} ${events.length} ${sentAtMs}`);
}

/** mulberry32: 0..1, repeatable, good enough for samples. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
