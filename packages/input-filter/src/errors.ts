export type FilterErrorCode =
  /** A GeoIP database cannot be read or does not answer sensibly. Never stops events. */
  | 'GEOIP'
  /** The topics do not fit together: partition counts, limits, replication. */
  | 'TOPICS'
  /** Two processes use one instance name and fence each other. */
  | 'IDENTITY'
  /** A command (`resume`, `replay`, `reprocess`) was asked for something that cannot be done. */
  | 'COMMAND';

export class FilterError extends Error {
  override name = 'FilterError';
  readonly code: FilterErrorCode;
  readonly retryable: boolean;

  constructor(code: FilterErrorCode, message: string, o: { retryable?: boolean; cause?: unknown } = {}) {
    super(message, o.cause === undefined ? undefined : { cause: o.cause });
    this.code = code;
    this.retryable = o.retryable ?? false;
  }
}
