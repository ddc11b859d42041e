import { protocolErrors } from '@platformatic/kafka';

/** Kafka's error names, and those of this package's own. */
export type ErrorCode = string;

/** A broken world, never bad data: `code` is Kafka's name of the error or one of ours. */
export class KafkaError extends Error {
  override readonly name = 'KafkaError';
  readonly code: ErrorCode;
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, options: { retryable?: boolean; cause?: unknown } = {}) {
    super(`${code}: ${message}`, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? isRetryable(code);
  }
}

const nameOfCode = new Map<number, ErrorCode>(
  Object.values(protocolErrors).map((error) => [error.code, error.id]),
);

/** Kafka's name of an error code; `UNKNOWN_ERROR_<n>` for one that this version does not know, which is never retried. */
export function errorName(code: number): ErrorCode {
  return code === 0 ? 'NONE' : (nameOfCode.get(code) ?? `UNKNOWN_ERROR_${code}`);
}

/** The world is on the move: leader or coordinator changed, replicas missing, broker gone. The same bytes go again. */
const retryableCodes = new Set<ErrorCode>([
  'CONNECTION',
  'TIMEOUT',
  'CORRUPT_MESSAGE', // damaged on the way: the broker checks the CRC before it appends
  'UNKNOWN_TOPIC_OR_PARTITION', // metadata of a new topic, or a broker that has not heard of it yet
  'UNKNOWN_TOPIC_ID',
  'INCONSISTENT_TOPIC_ID',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'REQUEST_TIMED_OUT',
  'BROKER_NOT_AVAILABLE',
  'REPLICA_NOT_AVAILABLE',
  'NETWORK_EXCEPTION',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'KAFKA_STORAGE_ERROR',
  'OFFSET_NOT_AVAILABLE',
  'UNSTABLE_OFFSET_COMMIT',
  'UNKNOWN_SERVER_ERROR', // the broker tripped over itself: seen of EndTxn while a zombie's recovery raced with it
  'CONCURRENT_TRANSACTIONS', // the coordinator still writes the markers of the one before
  'THROTTLING_QUOTA_EXCEEDED',
  'FETCH_SESSION_ID_NOT_FOUND',
  'INVALID_FETCH_SESSION_EPOCH',
]);

/** Whether the same request may succeed later without anybody's help. The one place that decides it. */
export function isRetryable(code: ErrorCode): boolean {
  return retryableCodes.has(code);
}

/** The codes after which metadata (leaders) must be read again before the next try. */
export function meansStaleLeader(code: ErrorCode): boolean {
  return staleLeaderCodes.has(code);
}

const staleLeaderCodes = new Set<ErrorCode>([
  'CONNECTION',
  'TIMEOUT',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNKNOWN_TOPIC_ID',
  'INCONSISTENT_TOPIC_ID',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'REPLICA_NOT_AVAILABLE',
  'KAFKA_STORAGE_ERROR',
]);

/** The codes after which the coordinator must be looked up again before the next try. */
export function meansStaleCoordinator(code: ErrorCode): boolean {
  return (
    code === 'NOT_COORDINATOR' ||
    code === 'COORDINATOR_NOT_AVAILABLE' ||
    code === 'CONNECTION' ||
    code === 'TIMEOUT'
  );
}

/** Throws the error that an error code stands for; nothing for 0. */
export function throwOnError(code: number, what: string): void {
  if (code !== 0) throw new KafkaError(errorName(code), what);
}
