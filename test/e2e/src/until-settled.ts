import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Counts until there are as many as are wanted, or no more have come for `standstillMs`. Returns the last
 * count, after a moment in which a double would come.
 *
 * @param say is told between two counts. A count reads a whole topic, so they are rarer the longer they take.
 */
export async function untilSettled(
  count: () => Promise<number>,
  wanted: number,
  standstillMs: number,
  say: (text: string) => void = () => undefined,
): Promise<number> {
  let [arrived, grownAt] = [-1, performance.now()];
  for (;;) {
    const startedAt = performance.now();
    const now = await count();
    if (now > arrived) [arrived, grownAt] = [now, performance.now()];
    if (arrived >= wanted || performance.now() > grownAt + standstillMs) break;
    say(`${arrived} of ${wanted} events are in the master`);
    await sleep(Math.max(1_000, 2 * (performance.now() - startedAt)));
  }
  await sleep(2_000);
  return count();
}
