import { setTimeout as delay } from 'node:timers/promises';

const pollEveryMs = 100;

/**
 * Asks until the answer is yes, or the time is up: false then. `progress` is called now and then meanwhile.
 */
export async function waitUntil(
  question: () => boolean | Promise<boolean>,
  { withinMs, everyMs, progress }: { withinMs: number; everyMs: number; progress: () => void },
): Promise<boolean> {
  const since = performance.now();
  let reported = since;
  while (!(await question())) {
    const now = performance.now();
    if (now - since >= withinMs) return false;
    if (now - reported >= everyMs) {
      reported = now;
      progress();
    }
    await delay(Math.min(pollEveryMs, since + withinMs - now));
  }
  return true;
}
