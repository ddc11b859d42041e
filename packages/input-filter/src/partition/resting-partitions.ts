const restMsMin = 5_000;
const restMsMax = 60_000;
const leaderlessMs = 1_000;

/**
 * Partitions of raw that wait because an output partition of theirs takes nothing (no leader, too few replicas, a broker that
 * hangs). Clean, rejected and seen partition p are made from raw partition p alone, so only that one waits and the others of
 * the thread go on: it is not fetched, and its lane is empty and where Kafka says it is. Then it is tried again, with the
 * others: as long as there is no leader at no cost, else at the cost of one aborted transaction of 3 s a try, each rest
 * twice as long as the one before.
 *
 * If this process dies: nothing of a resting partition is open, its position stands, and who owns it next begins there (or
 * waits as well). A partition that dies after its transaction was decided and before its marker is written does not rest: it holds
 * up the whole transactional id until it is back (`markers_wait_seconds`).
 */
export class RestingPartitions {
  readonly #untilMs = new Map<number, number>();
  /** Of the last rest, until something was committed for the partition. */
  readonly #restMs = new Map<number, number>();

  get count(): number {
    return this.#untilMs.size;
  }

  has(partition: number): boolean {
    return this.#untilMs.has(partition);
  }

  /** @returns how long it rests, ms. */
  lay(partition: number, nowMs: number): number {
    const restMs = Math.min(restMsMax, Math.max(restMsMin, 2 * (this.#restMs.get(partition) ?? 0)));
    this.#restMs.set(partition, restMs);
    this.#untilMs.set(partition, nowMs + restMs);
    return restMs;
  }

  /** Those whose rest is over and whose outputs have leaders: they no longer rest. */
  wake(nowMs: number, isLed: (partition: number) => boolean): number[] {
    const woken: number[] = [];
    for (const [partition, untilMs] of this.#untilMs) {
      if (untilMs > nowMs) continue;
      if (isLed(partition)) woken.push(partition);
      else this.#untilMs.set(partition, nowMs + leaderlessMs);
    }
    for (const partition of woken) this.#untilMs.delete(partition);
    return woken;
  }

  /** Something was committed for it. */
  wrote(partition: number): void {
    this.#restMs.delete(partition);
  }

  forget(partition: number): void {
    this.#untilMs.delete(partition);
    this.#restMs.delete(partition);
  }
}
