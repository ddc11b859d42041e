import type { Bandwidth } from './bandwidth.ts';

/** So much of a second's worth is taken at once when the bytes a second are limited. */
export const pieceMs = 100;

/**
 * One answer is copied as a whole, so it must not be larger than a transaction. Under a limit of bytes no
 * more is fetched ahead than passes in two seconds: the source is asked all the time then, and its ends are
 * known, although little is copied.
 */
export function fetchSizes(wantedPrefetchBytes: number, bandwidth: Bandwidth, transactionBytes: number) {
  const prefetchBytes = bandwidth.atMost(wantedPrefetchBytes, 2_000);
  const responseMaxBytes = Math.min(2 * 1024 * 1024, Math.floor(prefetchBytes / 2), transactionBytes);
  return { prefetchBytes, responseMaxBytes, partitionMaxBytes: Math.min(1024 * 1024, responseMaxBytes) };
}
