/** Bytes that claim to be a record batch and are not: a wrong checksum, an unknown codec, lengths that do not add up. */
export class CorruptBatchError extends Error {
  override readonly name = 'CorruptBatchError';
  readonly code = 'CORRUPT_MESSAGE';
  readonly retryable = false;
}
