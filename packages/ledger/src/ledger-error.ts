export type LedgerErrorCode =
  | 'CORRUPT_RECORD'
  | 'UNKNOWN_VERSION'
  | 'NO_GENESIS'
  | 'OTHER_LINK'
  | 'OTHER_CLUSTER'
  | 'SHARDS_DIFFER';

/** The ledger is not what this process may work with. Never retryable: an operator must look. */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';
  readonly code: LedgerErrorCode;
  readonly retryable = false;

  constructor(code: LedgerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
