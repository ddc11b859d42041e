import type { TopicPartition } from '../topic-partition.ts';
import { errorCodes, errorName } from './error-codes.ts';
import type { ErrorCode } from './error-codes.ts';
import { errorTable } from './error-table.ts';
import type { Decision, ErrorRow, Role } from './error-table.ts';

export { errorName };
export type { ErrorCode };

interface KafkaErrorOptions {
  /** Default: what the table of errors says of the code. */
  retryable?: boolean;
  /** Default true, which is the cautious answer. */
  sent?: boolean;
  partition?: TopicPartition;
  cause?: unknown;
}

/** The world is broken, not the data. `code` is Kafka's name of the error, or one of ours. */
export class KafkaError extends Error {
  override readonly name = 'KafkaError';
  readonly code: ErrorCode;
  readonly retryable: boolean;
  /** False: no byte of the request was written, so nobody can have acted on it. */
  readonly sent: boolean;
  /** The one partition that the error concerns, where the answer said so. */
  readonly partition: TopicPartition | undefined;
  readonly #detail: string;

  constructor(code: ErrorCode, detail: string, options: KafkaErrorOptions = {}) {
    const number = errorCodes.get(code);
    const named = number === undefined ? code : `${code} (${number})`;
    super(`${named}: ${detail}`, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? isRetryable(code);
    this.sent = options.sent ?? true;
    this.partition = options.partition;
    this.#detail = detail;
  }

  /** The same error, for a caller whose own request was never written. */
  asUnsent(): KafkaError {
    if (!this.sent) return this;
    return new KafkaError(this.code, this.#detail, {
      retryable: this.retryable,
      sent: false,
      cause: this,
    });
  }
}

/** What an answer means to the one who asked, by the table. */
export function decide(role: Role, code: ErrorCode): Decision {
  const row = rowOf(code);
  return row?.in?.[role] ?? row?.any ?? 'fatal';
}

/** Whether the same request may succeed later without anybody's help, whatever was asked. */
export function isRetryable(code: ErrorCode): boolean {
  const decision = rowOf(code)?.any;
  return decision === 'retry' || decision === 'refresh';
}

/**
 * Whether only an operator or a new version of a program can help. Not so when this side closed the
 * connection.
 */
export function isPermanent({ code, retryable }: KafkaError): boolean {
  return !retryable && code !== 'CLOSED';
}

/** Whether the leader or the coordinator must be looked up before the next try. */
export function meansRefresh(code: ErrorCode): boolean {
  return rowOf(code)?.any === 'refresh';
}

/** Whether the batch may be in some log although Produce was answered with this error. */
export function mayBeStored(code: ErrorCode): boolean {
  return rowOf(code)?.mayBeStored ?? false;
}

/** Throws the error that a code stands for; does nothing for 0. */
export function throwOnError(code: number, what: string): void {
  if (code !== 0) throw new KafkaError(errorName(code), what);
}

function rowOf(code: ErrorCode): ErrorRow | undefined {
  return Object.hasOwn(errorTable, code) ? errorTable[code] : undefined;
}
