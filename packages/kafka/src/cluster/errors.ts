import { errorCodes, errorName } from './error-codes.ts';
import { errorTable } from './error-table.ts';
import type { Role, Verdict } from './error-table.ts';

export { errorName };

/** Kafka's error names, and those of this package's own. */
export type ErrorCode = string;

/** A broken world, never bad data: `code` is Kafka's name of the error or one of ours. */
export class KafkaError extends Error {
  override readonly name = 'KafkaError';
  readonly code: ErrorCode;
  readonly retryable: boolean;
  /** False: certainly no byte of the request was written, so nobody can have acted on it. */
  sent: boolean;

  constructor(
    code: ErrorCode,
    message: string,
    options: { retryable?: boolean; sent?: boolean; cause?: unknown } = {},
  ) {
    const number = errorCodes.get(code);
    const named = number === undefined ? code : `${code} (${number})`;
    super(`${named}: ${message}`, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? isRetryable(code);
    this.sent = options.sent ?? true;
  }
}

/** What an answer means in a role, by the table. */
export function judge(role: Role, code: ErrorCode): Verdict {
  const row = rowOf(code);
  return row?.in?.[role] ?? row?.any ?? 'fatal';
}

/** Whether the same request may succeed later without anybody's help, whatever was asked. */
export function isRetryable(code: ErrorCode): boolean {
  const verdict = rowOf(code)?.any;
  return verdict === 'retry' || verdict === 'refresh';
}

/** Whether nothing but an operator or another program helps. Not so of what ended because this side closed it. */
export function isFatal({ code, retryable }: KafkaError): boolean {
  return !retryable && code !== 'CLOSED';
}

/** Whether the leader or coordinator must be learned anew before the next try. */
export function meansRefresh(code: ErrorCode): boolean {
  return rowOf(code)?.any === 'refresh';
}

/** After such an answer to Produce the bytes may be in some log all the same. */
export function mayBeStored(code: ErrorCode): boolean {
  return rowOf(code)?.mayBeStored ?? false;
}

/** Throws the error that an error code stands for; nothing for 0. */
export function throwOnError(code: number, what: string): void {
  if (code !== 0) throw new KafkaError(errorName(code), what);
}

function rowOf(code: ErrorCode) {
  return Object.hasOwn(errorTable, code) ? errorTable[code] : undefined;
}
