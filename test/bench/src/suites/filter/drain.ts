import { uniqueName, type TestKafka } from '@penstock/test-broker';
import { cpuSecondsOf, peakRssBytesOf, ServiceProcess } from '@penstock/test-process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Backlog } from './backlog.ts';
import type { FilterContender, RunTopics } from './contender.ts';

/** What it cost a process to work through the backlog, from the mark to the end. */
export interface Drained {
  readonly cpuMicrosPerEvent: number;
  readonly eventsPerSecond: number;
  readonly peakRssBytes: number;
  readonly cleanTopic: string;
  /** To be deleted. */
  readonly topics: readonly string[];
}

interface Sample {
  readonly events: number;
  readonly cpuMicros: number;
  readonly atMs: number;
}

const pollMs = 50;
/** Until then it starts, connects, and warms up. */
const markShare = 0.2;
const timeoutMs = 300_000;

export async function drain(
  kafka: TestKafka,
  backlog: Backlog,
  contender: FilterContender,
): Promise<Drained> {
  const name = uniqueName('bench-filter');
  const topics: RunTopics = {
    raw: backlog.topic,
    ...{ clean: `${name}.clean`, rejected: `${name}.rejected`, seen: `${name}.seen`, group: name },
  };
  const made = [topics.clean, topics.rejected, topics.seen];
  for (const topic of made) {
    const configs = topic === topics.rejected ? { 'max.message.bytes': '1200000' } : {};
    await kafka.createTopic(topic, { partitions: backlog.partitions, configs });
  }
  const launch = await contender.launch(kafka.bootstrap, topics, backlog);
  await using process = new ServiceProcess({ name: contender.name, ...launch });
  const { pid } = process;
  if (pid === undefined) throw new Error(process.howItEnded());
  const { mark, end } = await follow(kafka, process, pid, topics, backlog);
  const work = end.events - mark.events;
  return {
    cpuMicrosPerEvent: (end.cpuMicros - mark.cpuMicros) / work,
    eventsPerSecond: (work / (end.atMs - mark.atMs)) * 1_000,
    peakRssBytes: peakRssBytesOf(pid),
    cleanTopic: topics.clean,
    topics: made,
  };
}

/** By the positions that its group has committed. */
async function follow(
  kafka: TestKafka,
  process: ServiceProcess,
  pid: number,
  { group, raw }: RunTopics,
  { events }: Backlog,
): Promise<{ mark: Sample; end: Sample }> {
  return kafka.admin(async (admin) => {
    const until = performance.now() + timeoutMs;
    let mark: Sample | undefined;
    for (;;) {
      const committed = await committedOf(() => admin.fetchOffsets({ groupId: group, topics: [raw] }));
      const sample = { events: committed, cpuMicros: cpuSecondsOf(pid) * 1e6, atMs: performance.now() };
      if (committed >= events * markShare) mark ??= sample;
      if (committed >= events && mark !== undefined && mark !== sample) return { mark, end: sample };
      if (process.exit !== undefined) throw new Error(`it has ended: ${process.outputTail(5)}`);
      if (sample.atMs > until)
        throw new Error(`${committed} of ${events} events in time: ${process.outputTail(5)}`);
      await sleep(pollMs);
    }
  });
}

/** A group whose coordinator is not up yet, as on a broker that has just started, has committed nothing. */
async function committedOf(
  read: () => Promise<readonly { partitions: readonly { offset: string }[] }[]>,
): Promise<number> {
  try {
    const [found] = await read();
    return found?.partitions.reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0) ?? 0;
  } catch (error) {
    if ((error as { retriable?: boolean }).retriable === true) return 0;
    throw error;
  }
}
