import type { FormatNumber } from '../model/request.ts';
import type { JsonObject, JsonValue } from '../model/json.ts';
import type { Reason, Refusal } from '../model/reasons.ts';

/** What is known about one historical format of events. */
export interface Format {
  /** 1 to 4 for the built-in ones, 100 to 999 for your own. Never reuse one: events keep it. */
  readonly number: FormatNumber;
  /**
   * True when an event may be of this format, judged by the one key that no other format has. For events
   * that come without the hint of a route. Left out: only its route says that an event is of this format.
   */
  readonly looksLike?: (event: JsonObject) => boolean;
  /** The name of the array when events travel in an envelope; null when the format has none. */
  readonly envelope: Envelope | null;
  /** Null when every field of the event is valid in this format, else the reason. Total: it never throws. */
  readonly check: (event: JsonObject) => Refusal | null;
  /** The client that sent the event, as far as the event says. Any JSON object may come. */
  readonly clientOf: (event: JsonObject) => ClientName;
  readonly typeOf: (event: JsonObject) => string | null;
  /** The client's own statement of when it happened, as it came. */
  readonly timeOf: (event: JsonObject) => JsonValue | undefined;
  /** For `input-filter check-catalogue`: what becomes of some events. A format of your own needs one. */
  readonly examples?: readonly FormatExample[];
}

export interface FormatExample {
  /** As a client sends it. */
  readonly event: JsonObject;
  readonly becomes: 'clean' | Reason;
  /** Some fields of the clean event, your own schema fields among them; others are not looked at. */
  readonly clean?: JsonObject;
  /** Milliseconds since 1970; noon of 1 June 2026 when left out. */
  readonly receivedAtMs?: number;
}

export interface Envelope {
  /** Holds the events. */
  readonly array: string;
  /** Keys beside the array. Each event in it inherits those that it does not have itself. */
  readonly shared: readonly string[];
}

export interface ClientName {
  readonly name: string | null;
  readonly version: string | null;
}
