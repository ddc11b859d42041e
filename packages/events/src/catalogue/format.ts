import type { FormatNumber } from '../model/request.ts';
import type { JsonObject, JsonValue } from '../model/json.ts';
import type { Refusal } from '../model/reasons.ts';

/** What is known about one historical format of events. */
export interface Format {
  readonly number: FormatNumber;
  /** True when an event can be of this format, judged by the one key that no other format has. */
  readonly looksLike: (event: JsonObject) => boolean;
  /** The name of the array when events travel in an envelope; null when the format has none. */
  readonly envelope: Envelope | null;
  /** Null when the event is of this format, to the last field; else why not. Total: never throws. */
  readonly check: (event: JsonObject) => Refusal | null;
  /** Who sent it, as far as it says; any JSON object may come. */
  readonly clientOf: (event: JsonObject) => ClientName;
  readonly typeOf: (event: JsonObject) => string | null;
  /** The client's own word on when it happened, whatever it is. */
  readonly timeOf: (event: JsonObject) => JsonValue | undefined;
}

export interface Envelope {
  /** Holds the events. */
  readonly array: string;
  /** Keys beside the array, which each event of it inherits unless it has its own. */
  readonly shared: readonly string[];
}

export interface ClientName {
  readonly name: string | null;
  readonly version: string | null;
}
