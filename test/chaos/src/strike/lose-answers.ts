import { apiKeys, pickOne, seeded } from '@penstock/test-faults';
import { lostAnswers } from '../plan/fault-kinds.ts';
import type { PlannedFault } from '../plan/plan.ts';
import type { Crew } from '../stage/crew.ts';
import type { StagedCluster } from '../stage/staged-cluster.ts';
import type { Lasting } from './lasting.ts';

/** A trap is set anew after so long: another fault of the same proxy may have ended it. */
const patienceSeconds = 0.7;

/** One at a time for each broker. Every third time the connection stays, and the client waits in vain. */
export async function loseAnswers(
  name: string,
  cluster: StagedCluster,
  restarted: Crew | undefined,
  { seconds, draw }: PlannedFault,
  lasting: Lasting,
): Promise<string> {
  const request = lostAnswers[name as keyof typeof lostAnswers];
  const random = seeded(draw);
  let lost = 0;
  const chosen = restarted && pickOne(random, restarted.members);
  await chosen?.kill();
  for (const untilAt = performance.now() + seconds * 1_000; performance.now() < untilAt && !lasting.isOver;) {
    const thenCut = random(3) > 0;
    const traps = cluster.proxies.map((proxy) =>
      proxy.dropNextResponse({ apiKey: apiKeys[request], thenCut }),
    );
    for (const trap of traps) void trap.struck.then(() => lost++);
    await lasting.seconds(patienceSeconds);
    for (const trap of traps) trap.disarm();
  }
  await chosen?.untilReady();
  return `${lost} ${lost === 1 ? 'answer' : 'answers'} lost`;
}
