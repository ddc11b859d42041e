import type { Fetched, PositionProblem } from '@penstock/kafka';

/** What was fetched of one partition and is not filtered yet, in order. */
export class Backlog {
  #waiting: Fetched[] = [];
  #bytes = 0;

  add(fetched: Fetched): void {
    this.#waiting.push(fetched);
    this.#bytes += fetched.bytes;
  }

  /** The next answer of a broker, which is worked on from now on. */
  take(): Fetched | undefined {
    if (this.problem !== undefined) return undefined;
    const fetched = this.#waiting.shift();
    this.#bytes -= fetched?.bytes ?? 0;
    return fetched;
  }

  /** Why the partition cannot be fetched any further, once everything before that is filtered. */
  get problem(): PositionProblem | undefined {
    return this.#waiting[0]?.problem;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Of its first batch, the newest timestamp: about when the oldest record was received. */
  get oldestMs(): number | undefined {
    return this.#waiting[0]?.batches[0]?.maxTimestampMs;
  }

  get bytes(): number {
    return this.#bytes;
  }

  clear(): void {
    this.#waiting = [];
    this.#bytes = 0;
  }
}
