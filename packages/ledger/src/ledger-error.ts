export type LedgerErrorCode =
  | 'CORRUPT_RECORD'
  | 'UNKNOWN_VERSION'
  | 'NO_GENESIS'
  | 'OTHER_LINK'
  | 'OTHER_CLUSTER'
  | 'SHARDS_DIFFER'
  | 'UNDECIDED';

/**
 * The ledger is not what this process may work with: an operator must look. Only UNDECIDED is retryable: the
 * open transaction that hides the end of the ledger may end.
 */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';
  readonly code: LedgerErrorCode;
  readonly retryable: boolean;
  /** Of UNDECIDED: only transactions of the shard itself hide it, as far as is sure. A takeover ends them. */
  readonly isOwn: boolean;

  constructor(
    code: LedgerErrorCode,
    message: string,
    { isOwn = false, ...options }: ErrorOptions & { isOwn?: boolean } = {},
  ) {
    super(message, options);
    this.isOwn = isOwn;
    this.code = code;
    this.retryable = code === 'UNDECIDED';
  }
}
