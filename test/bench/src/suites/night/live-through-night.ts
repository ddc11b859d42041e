import type { TestKafka } from '@penstock/test-broker';
import { uniqueName } from '@penstock/test-broker';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MirrorContender } from '../mirror/mirrors/contender.ts';
import { startLoad } from './steady-load.ts';
import { watchArrivals } from './watch-arrivals.ts';

export interface NightPlan {
  readonly recordsPerSecond: number;
  /** Of load before the first broker is killed, and after each is back. */
  readonly quietSeconds: number;
  readonly downSeconds: number;
}

/** What a reader of the master saw. Seconds count from the beginning of the load. */
export interface Night {
  readonly acknowledged: number;
  readonly lost: number;
  readonly duplicates: number;
  /** The longest time without an arrival, s: while the load went on, or records of it were still missing. */
  readonly longestSilence: number;
  /** From the end of the load to the last record, s; null: they did not all come. */
  readonly caughtUpAfter: number | null;
  readonly firstTimes: readonly number[];
  readonly repeats: readonly number[];
  readonly marks: readonly { readonly second: number; readonly what: string }[];
}

const partitions = 6;
/** When nothing has come for so long, nothing more is waited for. */
const patienceSeconds = 90;

/** One mirror, one night. The load begins when its first copy can be read. */
export async function liveThroughNight(
  contender: MirrorContender,
  { source, target, folder }: { source: TestKafka; target: TestKafka; folder: string },
  plan: NightPlan,
  say: (line: string) => void,
): Promise<Night> {
  const topic = uniqueName('night');
  await source.createTopic(topic, { partitions });
  await using load = await startLoad(source, topic, partitions);
  await load.writeOne();
  await using mirror = await contender.start({ source, target, topic, codec: 'none', folder });
  await using arrivals = watchArrivals(target, topic, partitions);
  const ended = () => (mirror.exit ? `${mirror.howItEnded()}: ${mirror.outputTail(3)}` : undefined);
  say(`${contender.name}: waiting for its first copy`);
  if (!(await until(() => arrivals.total > 0, 300, ended))) {
    throw new Error('nothing was copied within 300 s');
  }

  const startedAt = performance.now();
  const second = (): number => (performance.now() - startedAt) / 1_000;
  const enough = new AbortController();
  const loading = load.write(plan.recordsPerSecond, enough.signal);
  loading.catch(() => undefined); // is heard when it is waited for
  const marks: { second: number; what: string }[] = [];
  const [dcBroker] = source.brokers;
  const [masterBroker] = target.brokers;
  if (!dcBroker || !masterBroker) throw new Error('brokers that may not be killed');
  await sleep(plan.quietSeconds * 1_000);
  for (const [broker, place] of [
    [dcBroker, 'datacenter'],
    [masterBroker, 'master'],
  ] as const) {
    await broker.kill();
    marks.push({ second: second(), what: `${place}: broker killed` });
    say(`${contender.name}: second ${second().toFixed(0)}, a broker of the ${place} is killed`);
    await sleep(plan.downSeconds * 1_000);
    await broker.start();
    marks.push({ second: second(), what: `${place}: it is back` });
    await sleep(plan.quietSeconds * 1_000);
  }
  enough.abort();
  await loading;
  const loadEndedMoment = performance.now();
  const loadEndedAt = second();
  say(`${contender.name}: second ${loadEndedAt.toFixed(0)}, the load is over`);
  const isComplete = (): boolean => arrivals.missingOf(load.acknowledged) === 0;
  const silent = (): number => silence(Math.max(arrivals.lastAt, loadEndedMoment));
  await until(() => isComplete() || silent() > patienceSeconds, 1_800, ended);
  // What comes doubled may come after the last one. A mirror that doubles for ever is counted as far as it
  // got.
  await until(() => silent() > patienceSeconds / 6, 600, ended);
  const lost = arrivals.missingOf(load.acknowledged);
  const watchedUntil = lost > 0 ? performance.now() : Math.max(arrivals.lastNewAt, loadEndedMoment);
  const { firstTimes, repeats, longestSilence } = arrivals.by(startedAt, watchedUntil);
  return {
    acknowledged: load.acknowledged.size,
    lost,
    duplicates: arrivals.duplicates,
    longestSilence,
    caughtUpAfter: lost > 0 ? null : Math.max(0, (arrivals.lastNewAt - startedAt) / 1_000 - loadEndedAt),
    firstTimes,
    repeats,
    marks,
  };
}

function silence(since: number): number {
  return (performance.now() - since) / 1_000;
}

/** @returns whether it was so in time. */
async function until(
  isSo: () => boolean,
  seconds: number,
  failure: () => string | undefined,
): Promise<boolean> {
  for (const end = performance.now() + seconds * 1_000; !isSo(); await sleep(100)) {
    const why = failure();
    if (why !== undefined) throw new Error(why);
    if (performance.now() > end) return false;
  }
  return true;
}
