import type { Log } from '../cluster/cluster.ts';
import type { Isolation } from '../positions/list-offsets.ts';

export interface FetcherOptions {
  isolation: Isolation;
  /**
   * How long a broker holds a fetch that finds nothing. Default 500. Must be below the cluster's request
   * timeout.
   */
  maxWaitMs?: number;
  /** The broker answers once it has this many bytes. Default 1. */
  minBytes?: number;
  /** Default 1 MiB. A larger batch is delivered all the same, but alone (KIP-74). */
  partitionMaxBytes?: number;
  /**
   * Default 2 MiB per answer. A record costs the same up to 8 MiB. But a relay into transactions takes 1.06
   * s/GB CPU with answers of 2 MiB, because they fit the memory that is reused, and 1.8 with 8 MiB (Node's
   * plain TCP relay: 1.4). For distant brokers more may be better.
   */
  responseMaxBytes?: number;
  /**
   * Memory for what is fetched ahead, including answers under way and memory kept for the next ones. What
   * `next` handed out counts until it is released, or until the following `next`. Default 32 MiB; one batch
   * may exceed it.
   */
  prefetchBytes?: number;
  /**
   * When this many bytes of a partition wait, it is not fetched until some were handed out. Default 4 MiB.
   */
  partitionPrefetchBytes?: number;
  /** Lets the leader name a replica in the same rack (KIP-392). */
  rackId?: string;
  log?: Log;
}

export interface NextOptions {
  /** Resolve with [] after this long without records. Default: wait for ever. */
  maxWaitMs?: number;
  /** Resolve with [] as soon as it aborts. */
  signal?: AbortSignal | undefined;
  /** Hand out at most this many bytes, but at least one entry. Default: all there is. */
  bytesMax?: number;
}

export interface PartitionMarks {
  /** The position after what `next` has handed out. */
  position: bigint;
  highWatermark: bigint;
  lastStableOffset: bigint;
  logStartOffset: bigint;
  /** The moment of the answer that said so; undefined: none yet. What is old may be wrong by now. */
  answeredAt: number | undefined;
}

export const fetcherDefaults = {
  maxWaitMs: 500,
  minBytes: 1,
  partitionMaxBytes: 1024 * 1024,
  responseMaxBytes: 2 * 1024 * 1024,
  prefetchBytes: 32 * 1024 * 1024,
  partitionPrefetchBytes: 4 * 1024 * 1024,
  rackId: '',
};
