/** Bounds on what one request may ask of the Input Filter. Lengths of strings are in UTF-16 units. */
export interface Limits {
  readonly eventsPerRequestMax: number;
  /** Of one event, in its own encoding. */
  readonly eventBytesMax: number;
  /** Objects and arrays within each other; the event itself is 1. */
  readonly depthMax: number;
  /** Keys and array elements of one event, all levels together. */
  readonly keysMax: number;
  readonly stringLengthMax: number;
}

export const defaultLimits: Limits = {
  eventsPerRequestMax: 10_000,
  eventBytesMax: 256 * 1024,
  depthMax: 16,
  keysMax: 1_000,
  stringLengthMax: 64 * 1024,
};
