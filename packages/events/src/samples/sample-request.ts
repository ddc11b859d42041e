import type { JsonObject, JsonValue } from '../model/json.ts';
import type { FormatHint } from '../model/raw-headers.ts';
import type { Reason } from '../model/reasons.ts';
import type { Random } from './random.ts';
import type { SampleBody } from './sample-body.ts';

/** A request as a client would send it to a Receiver, and what must become of its events. */
export interface SampleRequest {
  /** What it shows: a line for a human. */
  readonly title: string;
  readonly method: 'GET' | 'POST';
  /** At the Receiver; with the query of a GET. */
  readonly path: string;
  readonly contentType: string | null;
  /** What a Receiver stores: for a GET its query, without the question mark. */
  readonly body: Buffer;
  readonly hint: FormatHint | null;
  /** One for each event; a single one for a request that cannot be split. */
  readonly expected: readonly SampleOutcome[];
}

export type SampleOutcome =
  | {
      readonly kind: 'clean';
      /** UUID text; null when it is derived. */
      readonly eventId: string | null;
      readonly type: string;
      readonly fixes: readonly string[];
    }
  | { readonly kind: 'rejected' | 'unwanted'; readonly reason: Reason; readonly rule?: string };

/** What the samples are made of. */
export interface SampleSource {
  readonly random: Random;
  readonly nowMs: number;
}

/** The event arrives, with these fixes. */
export function clean(event: JsonObject, ...fixes: string[]): SampleOutcome {
  const eventId = event.eid ?? event.id ?? event.message_id ?? event.event_id ?? null;
  const type = event.e ?? event.event ?? event.type ?? event.event_type;
  return { kind: 'clean', eventId: text(eventId), type: text(type) ?? '', fixes };
}

export function post(title: string, sent: SampleBody, expected: readonly SampleOutcome[]): SampleRequest {
  return { title, method: 'POST', ...sent, expected };
}

export function jsonBody(path: string, hint: FormatHint, body: string | Buffer): SampleBody {
  return { path, contentType: 'application/json', hint, body: Buffer.from(body) };
}

function text(value: JsonValue | undefined): string | null {
  return typeof value === 'string' ? value : null;
}
