/** Bytes that claim to be a record batch but are none: an unknown codec, or lengths that do not add up. */
export class CorruptBatchError extends Error {
  override readonly name = 'CorruptBatchError';
  readonly code = 'CORRUPT_MESSAGE';
  readonly retryable = false;
}
