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
  /** Of UNDECIDED: the transactional ids that have transactions open there, as far as they are known. */
  readonly hiddenBy: readonly string[];

  constructor(
    code: LedgerErrorCode,
    message: string,
    { hiddenBy = [], ...options }: ErrorOptions & { hiddenBy?: readonly string[] } = {},
  ) {
    super(message, options);
    this.hiddenBy = hiddenBy;
    this.code = code;
    this.retryable = code === 'UNDECIDED';
  }
}
