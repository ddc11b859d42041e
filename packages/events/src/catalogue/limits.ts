/** Bounds on what one request may ask of the Input Filter. Lengths of strings are in UTF-16 units. */
export interface Limits {
  readonly eventsPerRequestMax: number;
  /** Bytes of one event in its own encoding, and of a query. */
  readonly eventBytesMax: number;
  /** Objects and arrays within each other. The event itself is 1. */
  readonly depthMax: number;
  /** Keys and array elements of one event, all levels together. */
  readonly keysMax: number;
  readonly stringLengthMax: number;
  /** Characters of a number in JSON. */
  readonly numberLengthMax: number;
  /** What surrounds the events of an envelope. Each of them inherits from it, so it has limits of its own. */
  readonly envelopeBytesMax: number;
  readonly envelopeKeysMax: number;
}

export const defaultLimits: Limits = {
  eventsPerRequestMax: 10_000,
  eventBytesMax: 256 * 1024,
  depthMax: 16,
  keysMax: 1_000,
  stringLengthMax: 64 * 1024,
  numberLengthMax: 1_000,
  envelopeBytesMax: 16 * 1024,
  envelopeKeysMax: 100,
};
