import type { Log } from '../cluster/cluster.ts';
import type { Isolation } from '../positions/list-offsets.ts';

export interface FetcherOptions {
  isolation: Isolation;
  /** How long a broker holds a fetch that finds nothing. Default 500; below the cluster's request timeout. */
  maxWaitMs?: number;
  /** Least bytes that a broker waits for. Default 1. */
  minBytes?: number;
  /** Default 1 MiB. A larger batch is delivered all the same, alone (KIP-74). */
  partitionMaxBytes?: number;
  /**
   * Default 2 MiB per answer. A record costs the same up to 8 MiB, but what is written on from 2 MiB answers fits the memory that is used again:
   * a relay into transactions 1.06 s/GB CPU, from 8 MiB answers 1.8 (Node's plain TCP relay: 1.4). Far brokers may want more.
   */
  responseMaxBytes?: number;
  /**
   * Memory for what is fetched ahead, answers under way and memory for the next ones included. What `next` handed out counts until it is
   * released, or until the following `next`. Default 32 MiB; one batch may exceed it.
   */
  prefetchBytes?: number;
  /** A partition of which so many bytes wait is not fetched before some were handed out. Default 4 MiB, plus one answer. */
  partitionPrefetchBytes?: number;
  /** Lets the leader point to a replica in the same rack (KIP-392). */
  rackId?: string;
  /** For tests: fills memory that was released at once, so that whoever still reads it is found. Default false. */
  poisonsReleased?: boolean;
  log?: Log;
}

export interface NextOptions {
  /** Answer [] after this long without records. Default: wait for ever. */
  maxWaitMs?: number;
  /** Answers [] at once when aborted. */
  signal?: AbortSignal | undefined;
  /** Hand out at most so many bytes, but at least one entry. Default: all there is. */
  bytesMax?: number;
}

export interface PartitionMarks {
  /** Behind what `next` has handed out. */
  position: bigint;
  highWatermark: bigint;
  lastStableOffset: bigint;
  logStartOffset: bigint;
}

export const fetcherDefaults = {
  maxWaitMs: 500,
  minBytes: 1,
  partitionMaxBytes: 1024 * 1024,
  responseMaxBytes: 2 * 1024 * 1024,
  prefetchBytes: 32 * 1024 * 1024,
  partitionPrefetchBytes: 4 * 1024 * 1024,
  rackId: '',
  poisonsReleased: false,
};
