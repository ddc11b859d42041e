import type { Codec } from '@penstock/kafka';

/** What is to be copied. */
export interface Workload {
  readonly title: string;
  readonly codec: Codec;
  readonly partitions: number;
  /** Of the records of one batch, before compression. */
  readonly batchBytes: number;
  readonly records: number;
  /** A run takes minutes: so often at most. */
  readonly runsMax?: number;
}

/** About so many bytes has each record's value. */
export const valueBytes = 1_000;

const batchBytes = 256 * 1024;
const usual = { codec: 'none', partitions: 6, batchBytes, records: 1_200_000 } as const;
const spread = { codec: 'none', batchBytes: 64 * 1024, records: 1_200_000 } as const;

/** By the part that measures it. */
export const workloads: Readonly<Record<string, Workload>> = {
  uncompressed: { ...usual, title: 'Mirror: uncompressed, batches of 256 KiB' },
  lz4: { ...usual, codec: 'lz4', title: 'Mirror: lz4, batches of 256 KiB' },
  zstd: { ...usual, codec: 'zstd', title: 'Mirror: zstd, batches of 256 KiB' },
  'small-batches': { ...usual, batchBytes: 16 * 1024, title: 'Mirror: uncompressed, batches of 16 KiB' },
  backlog: { ...usual, records: 5_000_000, runsMax: 1, title: 'Mirror: a backlog of 5 GB, uncompressed' },
  'partitions-1': { ...spread, partitions: 1, title: 'Mirror: 1 partition, batches of 64 KiB' },
  'partitions-100': { ...spread, partitions: 100, title: 'Mirror: 100 partitions, batches of 64 KiB' },
  'partitions-1000': { ...spread, partitions: 1_000, title: 'Mirror: 1000 partitions, batches of 64 KiB' },
};

/** A tenth of the records. */
export function quickly(workload: Workload): Workload {
  return { ...workload, records: workload.records / 10 };
}
