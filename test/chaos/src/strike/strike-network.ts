import { type Direction, pickOne, seeded } from '@penstock/test-faults';
import type { PlannedFault } from '../plan/plan.ts';
import type { StagedCluster } from '../stage/staged-cluster.ts';
import type { Lasting } from './lasting.ts';

const mute: readonly Direction[][] = [['toBroker'], ['toClient'], ['toBroker', 'toClient']];
const slowMs = 80;
const resetEverySeconds = 2;

/** Between clients and brokers; the brokers talk to each other undisturbed. */
export async function strikeNetwork(
  name: string,
  cluster: StagedCluster,
  id: number,
  { seconds, draw }: PlannedFault,
  lasting: Lasting,
): Promise<string> {
  const proxy = cluster.proxy(id);
  const { proxies } = cluster;
  try {
    switch (name) {
      case 'cut-broker':
        await proxy.refuse();
        proxy.cut();
        await lasting.seconds(seconds);
        return 'cut and refused';
      case 'cut-datacenter':
        await Promise.all(proxies.map((each) => each.refuse()));
        for (const each of proxies) each.cut();
        await lasting.seconds(seconds);
        return 'cut and refused';
      case 'half-open': {
        const random = seeded(draw);
        const directions = pickOne(random, mute);
        proxy.stall(...directions);
        await lasting.seconds(seconds);
        // What was held back is lost, or it comes after all, when its sender has long given it up.
        const isLost = random(2) === 0;
        if (isLost) proxy.cut();
        return `nothing ${directions.join(', nothing ')}; ${isLost ? 'then cut' : 'then all of it, late'}`;
      }
      case 'slow-network':
        for (const each of proxies) each.delay(slowMs);
        await lasting.seconds(seconds);
        return `${slowMs} ms each way`;
      case 'reset-connections':
        return await resets(cluster, seconds, lasting);
      default:
        throw new Error(`nobody knows how to ${name}`);
    }
  } finally {
    await Promise.all(proxies.map((each) => each.pass()));
  }
}

async function resets(cluster: StagedCluster, seconds: number, lasting: Lasting): Promise<string> {
  let times = 0;
  for (let left = seconds; left > 0 && !lasting.isOver; left -= resetEverySeconds) {
    for (const proxy of cluster.proxies) proxy.reset();
    times++;
    await lasting.seconds(Math.min(left, resetEverySeconds));
  }
  return `${times} times`;
}
