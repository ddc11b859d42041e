/**
 * How much output the open transaction of a thread holds, over all its partitions, sent or not, before
 * compression. When it is spent the transaction is committed. A request is never cut, so its outputs may
 * exceed the budget.
 */
export class OutputBudget {
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** @param bytes negative when a partition's part of the transaction is over. */
  spend(bytes: number): void {
    this.#bytes += bytes;
  }

  /** All partitions were dropped, and what they had open with them. */
  clear(): void {
    this.#bytes = 0;
  }

  get isSpent(): boolean {
    return this.#bytes >= this.#bytesMax;
  }
}
