import { decide, errorName, KafkaError } from '../errors/errors.ts';
import type { FetchedPartition } from '../requests/fetch.ts';
import { confirmOutOfRange, confirmRecreated, truncated } from './confirm-position.ts';
import type { Confirm } from './confirm-position.ts';
import type { PositionProblem } from './fetched.ts';
import { oldFormatEnd } from './old-format.ts';
import type { PartitionCursor } from './partition-cursor.ts';
import { visibleBatches } from './visible-batches.ts';
import type { VisibleBatches } from './visible-batches.ts';

/** What a fetcher does after an answer about one partition. */
export type AnswerOutcome =
  /** Asks again. There was nothing new, or the answer came from a follower, which has no authority. */
  | { readonly kind: 'nothing' }
  /** Hands out what was read. The cursor has moved after it. */
  | { readonly kind: 'batches'; readonly read: VisibleBatches }
  /** The batch at the position is damaged, or of a format from before batches, up to `oldFormatEnd`. */
  | { readonly kind: 'unreadable'; readonly what: string; readonly oldFormatEnd?: bigint }
  /** The position is gone, by the leader's own word. */
  | { readonly kind: 'problem'; readonly problem: PositionProblem }
  /** The position may be gone: it has to be confirmed. */
  | { readonly kind: 'doubt'; readonly confirm: Confirm }
  /** Asks again after a moment, `refresh`: with new metadata. */
  | { readonly kind: 'later'; readonly refresh: boolean }
  /** No retry helps. */
  | { readonly kind: 'failure'; readonly error: KafkaError };

const nothing: AnswerOutcome = { kind: 'nothing' };

/** Takes one partition's part of an answer into its cursor, and says what has to follow. */
export function takeAnswer(
  cursor: PartitionCursor,
  answer: FetchedPartition,
  readCommitted: boolean,
): AnswerOutcome {
  if (answer.errorCode !== 0) return takeError(cursor, answer);
  cursor.answered();
  if (answer.diverging) {
    if (cursor.backToLeader()) return nothing;
    return { kind: 'problem', problem: truncated(cursor, answer.diverging) };
  }
  if (answer.preferredReadReplica >= 0) cursor.preferReplica(answer.preferredReadReplica);
  cursor.highWatermark = answer.highWatermark;
  cursor.lastStableOffset = answer.lastStableOffset;
  cursor.logStartOffset = answer.logStartOffset;
  if (answer.records.length === 0) return nothing;
  const read = visibleBatches(answer.records, cursor.offset, answer.aborted, readCommitted);
  if (read.nextOffset === cursor.offset) {
    const end = oldFormatEnd(answer.records);
    if (end !== undefined && end > cursor.offset) {
      const what = 'records of message format 0 or 1, from before Kafka 0.11; only format 2 is read';
      return { kind: 'unreadable', what, oldFormatEnd: end };
    }
    return { kind: 'unreadable', what: read.corrupt ?? 'an answer without one whole batch' };
  }
  cursor.moveTo(read);
  return { kind: 'batches', read };
}

function takeError(cursor: PartitionCursor, answer: FetchedPartition): AnswerOutcome {
  if (cursor.backToLeader()) return nothing;
  const code = errorName(answer.errorCode);
  const decision = decide('fetch', code);
  if (decision === 'position') {
    return {
      kind: 'doubt',
      confirm: code === 'OFFSET_OUT_OF_RANGE' ? confirmOutOfRange : confirmRecreated,
    };
  }
  if (code === 'CORRUPT_MESSAGE')
    return { kind: 'unreadable', what: 'the broker finds its log damaged there' };
  if (decision === 'retry' || decision === 'refresh')
    return { kind: 'later', refresh: decision === 'refresh' };
  return {
    kind: 'failure',
    error: new KafkaError(code, `fetch of ${cursor.topic} ${cursor.partition}`, {
      partition: { topic: cursor.topic, partition: cursor.partition },
    }),
  };
}
