import { readFile, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestBroker } from '@penstock/test-broker';
import type { PlannedFault } from '../plan/plan.ts';
import type { SmallDisk } from '../stage/small-disk.ts';
import type { StagedCluster } from '../stage/staged-cluster.ts';
import { signsOfFullDisk } from './full-disk-signs.ts';
import type { Lasting } from './lasting.ts';

/**
 * Settles when every broker is back and every replica in sync. When it rejects, none is left down: a fault
 * that went wrong would hurt all that come after it.
 */
export async function strikeBrokers(...fault: Parameters<typeof perform>): Promise<string> {
  const [, cluster] = fault;
  try {
    return await perform(...fault);
  } finally {
    await cluster.startDown();
  }
}

async function perform(
  name: string,
  cluster: StagedCluster,
  id: number,
  smallDisk: SmallDisk | undefined,
  { seconds }: PlannedFault,
  lasting: Lasting,
): Promise<string> {
  const broker = cluster.broker(id);
  const all = cluster.kafka.brokers;
  switch (name) {
    case 'kill-broker':
      return away(cluster, [broker], seconds, lasting);
    case 'kill-all-brokers':
      return away(cluster, all, seconds, lasting);
    case 'unmet-min-insync':
      return away(
        cluster,
        all.filter((one) => one !== broker),
        seconds,
        lasting,
      );
    case 'restart-broker':
      await broker.restart();
      await cluster.untilInSync();
      return 'stopped in order';
    case 'pause-broker':
      return pause(cluster, broker, seconds, lasting);
    case 'full-disk':
      return fullDisk(cluster, broker, smallDisk, seconds, lasting);
    default:
      throw new Error(`nobody knows how to ${name}`);
  }
}

async function away(
  cluster: StagedCluster,
  brokers: readonly TestBroker[],
  seconds: number,
  lasting: Lasting,
): Promise<string> {
  try {
    await Promise.all(brokers.map((broker) => broker.kill()));
    await lasting.seconds(seconds);
  } finally {
    await cluster.startDown();
  }
  await cluster.untilInSync();
  return `${brokers.length === 1 ? 'one' : brokers.length} killed`;
}

async function pause(
  cluster: StagedCluster,
  broker: TestBroker,
  seconds: number,
  lasting: Lasting,
): Promise<string> {
  try {
    await broker.pause();
    await lasting.seconds(seconds);
  } finally {
    await broker.resume();
  }
  await cluster.untilInSync();
  return 'woke up again';
}

/**
 * Kafka ends itself when its only disk fails, at the latest with the next roll or flush of a segment. Rejects
 * when the broker met no full disk: the run would claim what it has not tried.
 */
async function fullDisk(
  cluster: StagedCluster,
  broker: TestBroker,
  disk: SmallDisk | undefined,
  seconds: number,
  lasting: Lasting,
): Promise<string> {
  if (!disk) throw new Error('there is no small disk');
  const { logFile } = broker;
  if (logFile === undefined) throw new Error('the log of the broker is not a file of this machine');
  let ended = false;
  const logStart = (await stat(logFile)).size;
  try {
    await disk.fill();
    const untilAt = performance.now() + seconds * 1_000;
    while (broker.pid !== undefined && performance.now() < untilAt && !lasting.isOver) await sleep(100);
    ended = broker.pid === undefined;
  } finally {
    await broker.kill();
    await disk.makeRoom();
    await broker.start();
  }
  await cluster.untilInSync();
  const log = await readFile(logFile);
  // Log4j began a new file at its limit, when it is shorter now.
  const signs = signsOfFullDisk(log.subarray(log.length < logStart ? 0 : logStart).toString());
  const end = ended ? 'ended itself' : 'ran on, and was killed';
  if (signs === 0) throw new Error(`the disk was not full: the broker ${end}, and its log has no such error`);
  return `the broker ${end}; its log says ${signs} times that the disk is full`;
}
