import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Resolves with the value once it has not changed for half a second. For what ends by itself without saying
 * so, such as fetching ahead.
 */
export async function standsStill(value: () => number, withinMs = 60_000): Promise<number> {
  const giveUpAt = performance.now() + withinMs;
  let last = value();
  for (let same = 0; same < 10;) {
    if (performance.now() > giveUpAt) throw new Error(`still changing after ${withinMs} ms: ${last}`);
    await sleep(50);
    const now = value();
    same = now === last ? same + 1 : 0;
    last = now;
  }
  return last;
}
