import type { Log } from '@penstock/service';
import type { DedupWindow } from './dedup-window.ts';

interface Owned {
  readonly partition: number;
  readonly window: Pick<DedupWindow, 'heldMs' | 'windowMs'>;
}

/**
 * Says in the log when ids are forgotten before their time, because more of them come than DEDUP_IDS_MAX
 * allows. Once, for as long as any window of the thread is short: at a high rate every one turns every minute
 * or two.
 */
export class ShortWindows {
  readonly #log: Pick<Log, 'warn'>;
  #isTold = false;

  constructor(log: Pick<Log, 'warn'>) {
    this.#log = log;
  }

  /** Look as often as you like: at all partitions of a thread. */
  look(owned: readonly Owned[]): void {
    const short = owned.find(({ window }) => window.heldMs < window.windowMs);
    if (short !== undefined && !this.#isTold) {
      const { partition, window } = short;
      const { heldMs, windowMs } = window;
      this.#log.warn(
        { partition, heldMs, windowMs },
        'more ids come than DEDUP_IDS_MAX allows: they are forgotten before DEDUP_WINDOW_MS is over, and a ' +
          'copy that comes later passes (dedup_window_seconds)',
      );
    }
    this.#isTold = short !== undefined;
  }
}
