import { createRequire } from 'node:module';
import { wallClockMs } from '../wall-clock.ts';

interface RequestQueue {
  readonly pending: readonly unknown[];
  /** Milliseconds since 1970; -1 for "never". */
  readonly throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
}

const queueModule = 'kafkajs/src/network/requestQueue/index.js';
/** As in kafkajs: how long requests that could not be sent wait. */
const pendingCheckMs = 10;
let mended = false;

/**
 * After each answer kafkajs 2.2.4 sets a timer for the end of a broker's throttle, also where there is
 * none: in the past, once a millisecond, for as long as it is connected. Node prints a
 * TimeoutNegativeWarning for it, which tells an operator nothing. A timer is needed only for requests that
 * wait, or until a throttle ends.
 */
export function mendKafkajsTimers(): void {
  if (mended) return;
  mended = true;
  const { prototype } = createRequire(import.meta.url)(queueModule) as { prototype: RequestQueue };
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
    const throttledMs = this.throttledUntil - wallClockMs();
    if (this.pending.length === 0 && throttledMs <= 0) return;
    this.throttleCheckTimeoutId ??= setTimeout(
      () => {
        this.throttleCheckTimeoutId = null;
        this.checkPendingRequests();
      },
      throttledMs > 0 ? throttledMs : pendingCheckMs,
    );
  };
}
