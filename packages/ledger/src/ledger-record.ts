import { partitionName, type OutgoingRecord, type TopicPartition } from '@penstock/kafka';
import { decodeGenesis, encodeGenesis, type Genesis } from './genesis.ts';
import { LedgerError } from './ledger-error.ts';
import { decodePositions, encodePositions, type Positions } from './positions.ts';
import { isoTime } from './wall-clock.ts';

/**
 * A ledger partition holds two keys that are written again and again, `genesis/<shard>` and
 * `positions/<shard>`, and one `answer/...` for each answer that an operator gave to a paused partition.
 * Compaction keeps exactly what is needed. The shard in the key reveals a record that was written for
 * another partition.
 */
export type LedgerRecord =
  | { readonly kind: 'genesis'; readonly genesis: Genesis }
  | { readonly kind: 'positions'; readonly positions: Positions }
  | { readonly kind: 'answer' };

/** For partition `shard` of the ledger. */
export function genesisRecord(shard: number, genesis: Genesis, nowMs: number): OutgoingRecord {
  return record(`genesis/${shard}`, encodeGenesis(genesis), nowMs);
}

/** For partition `shard` of the ledger, in the transaction with the data that the positions follow. */
export function positionsRecord(shard: number, positions: Positions, nowMs: number): OutgoingRecord {
  return record(`positions/${shard}`, encodePositions(positions), nowMs);
}

/** For the history only: what was skipped or copied again, when, and by whose word. */
export function answerRecord(
  partition: TopicPartition,
  answer: Record<string, string>,
  nowMs: number,
): OutgoingRecord {
  const key = `answer/${partitionName(partition.topic, partition.partition)}/${isoTime(nowMs)}`;
  return record(key, Buffer.from(JSON.stringify(answer)), nowMs);
}

/** Throws LedgerError for a record that does not belong here, or that is from a newer version. */
export function readLedgerRecord(
  shard: number,
  key: Uint8Array | null,
  value: Uint8Array | null,
): LedgerRecord {
  const [kind, place] = text(key).split('/', 2);
  if (kind === 'answer') return { kind };
  if ((kind !== 'genesis' && kind !== 'positions') || value === null) {
    throw new LedgerError(
      'CORRUPT_RECORD',
      `The ledger holds a record with the key ${text(key)} that is none of its own`,
    );
  }
  if (place !== String(shard)) {
    throw new LedgerError('CORRUPT_RECORD', `Shard ${shard} of the ledger holds a record of shard ${place}`);
  }
  return kind === 'genesis'
    ? { kind, genesis: decodeGenesis(value) }
    : { kind, positions: decodePositions(value) };
}

function record(key: string, value: Buffer, timestampMs: number): OutgoingRecord {
  return { key: Buffer.from(key), value, timestampMs };
}

function text(bytes: Uint8Array | null): string {
  return bytes === null ? '' : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}
