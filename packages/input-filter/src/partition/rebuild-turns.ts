/**
 * Shares a thread between the windows that are rebuilt there and everything else it does. In each turn of the
 * event loop one rebuild gets on: of those that have something to do, the one that was begun first. So its
 * partition runs while the others are still rebuilt, they all take no more of a turn than one does, and a
 * rebuild that waits for Kafka holds up nobody.
 */
export class RebuildTurns {
  #waiting: { rank: number; go: () => void }[] = [];
  #begun = 0;
  #planned: NodeJS.Immediate | undefined;

  /** @returns asks for a turn; settles when it has come. */
  begin(): () => Promise<void> {
    const rank = this.#begun++;
    return () =>
      new Promise((go) => {
        this.#waiting.push({ rank, go });
        this.#plan();
      });
  }

  #plan(): void {
    this.#planned ??= setImmediate(() => {
      this.#planned = undefined;
      const next = this.#waiting.reduce((first, one) => (one.rank < first.rank ? one : first));
      this.#waiting = this.#waiting.filter((one) => one !== next);
      next.go();
      if (this.#waiting.length > 0) this.#plan();
    });
  }
}
