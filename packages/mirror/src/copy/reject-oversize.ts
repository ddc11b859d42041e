import { createHash } from 'node:crypto';
import { partitionName, type OutgoingRecord } from '@penstock/kafka';
import { wallClockMs } from '../wall-clock.ts';
import type { CopiedPartition } from './copied-partition.ts';
import type { OversizeRecord } from './rewrite-batches.ts';

/**
 * A reference in place of a record that the target cannot take: where it lies at the source, and what proves
 * that it was found. It is in the same transaction as the position after it, so the record is either still
 * to be copied, or referred to: it never just disappears, and never stops what follows.
 */
export function referenceTo(
  { name, topic, partition, next, target }: CopiedPartition,
  { offset, bytes, timestampMs, key, value }: OversizeRecord,
  limitBytes: number,
): OutgoingRecord {
  const reference = {
    version: 1,
    topic,
    topicId: next.topicId,
    partition,
    offset: String(offset),
    timestampMs,
    keyBytes: key?.length ?? null,
    valueBytes: value?.length ?? null,
    valueSha256: value === null ? null : createHash('sha256').update(value).digest('hex'),
    bytes,
    limitBytes,
    target: partitionName(target.topic, target.partition),
  };
  // With the time of now: an old record must not take its reference with it when retention looks at its age.
  return {
    key: Buffer.from(name),
    value: Buffer.from(JSON.stringify(reference)),
    timestampMs: wallClockMs(),
  };
}
