const restMsMin = 5_000;
const restMsMax = 60_000;

/**
 * How long a partition rests that rested `lastMs` before, 0 when something was committed for it since.
 *
 * A partition of raw rests when an output partition of its takes nothing: it has no leader, too few replicas,
 * or its broker hangs. Partition p of the outputs is made from partition p of raw alone, so only that one has
 * to wait. While it rests it is not fetched, and it is empty and stands where Kafka says. Then it is tried
 * again together with the others. As long as an output has no leader that costs nothing; otherwise a failed
 * try costs one aborted transaction of 3 s, so each rest is twice as long as the one before.
 *
 * If this process dies, nothing of a resting partition is open and its position stands; the next owner begins
 * there. A partition that dies after its transaction was decided and before its marker is written does not
 * rest: it holds up the whole transactional id until it is back (`markers_wait_seconds`).
 */
export function restMs(lastMs: number): number {
  return Math.min(restMsMax, Math.max(restMsMin, 2 * lastMs));
}

/** A partition that has rested, and whose output still has no leader, is looked at again after this long. */
export const leaderlessMs = 1_000;
