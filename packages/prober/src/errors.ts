export type ProberErrorCode = 'CHECKPOINT' | 'HISTORY' | 'TOPIC';

/** The prober cannot do its work here; the message says what to do. */
export class ProberError extends Error {
  override name = 'ProberError';
  readonly code: ProberErrorCode;
  readonly retryable = false;

  constructor(code: ProberErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
