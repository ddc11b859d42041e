import { setTimeout as sleep } from 'node:timers/promises';
import { refusalsInWords } from '../send/refusals.ts';
import { send, type SendOptions } from '../send/send.ts';
import { searchCapacity, type SearchOptions } from './search-capacity.ts';
import { costsOf, type ServiceCost } from './sizing.ts';
import { readProcess, type ProcessReading } from '../watch/read-process.ts';

export interface CapacityOptions extends SearchOptions {
  send: Omit<SendOptions, 'events' | 'rate' | 'seed'>;
  seed: number;
  /** `http://host:port` of every process of the pipeline. */
  operations: readonly string[];
  /** How long each rate is held. */
  seconds: number;
  p99MsMax: number;
  lagSecondsMax: number;
  signal: AbortSignal;
  /** A line for each rate. */
  say(line: string): void;
}

export interface Capacity {
  eventsPerSecond: number;
  /** At that rate; empty when none was borne. */
  costs: ServiceCost[];
}

/** How long the pipeline gets to catch up after a rate that was too much. */
const calmTimeoutSeconds = 120;

/** Rejects when a process cannot be read, when the backlog does not go away, and when it is told to stop. */
export async function findCapacity(options: CapacityOptions): Promise<Capacity> {
  const read = (): Promise<ProcessReading[]> =>
    Promise.all(options.operations.map((address) => readProcess(address)));
  if (!(await read()).some(({ lagSeconds }) => lagSeconds !== undefined)) {
    throw new Error('none of these processes tells its lag: name the Input Filters and the Mirrors, too');
  }
  let costs: ServiceCost[] = [];
  let tries = 0;
  const eventsPerSecond = await searchCapacity(options, async (rate) => {
    await untilCalm(options, read);
    const before = await read();
    const trial = await tryRate(options, rate, options.seed + tries++, before, read);
    if (trial.why === '') {
      // Only then has every process done its work for every event.
      await untilCalm(options, read);
      costs = costsOf(before, await read(), trial.acknowledged);
    }
    options.say(`${rate} events/s: ${trial.figures}: ${trial.why === '' ? 'healthy' : trial.why}`);
    return trial.why === '';
  });
  return { eventsPerSecond, costs };
}

async function tryRate(
  options: CapacityOptions,
  eventsPerSecond: number,
  seed: number,
  before: readonly ProcessReading[],
  read: () => Promise<ProcessReading[]>,
): Promise<{ why: string; figures: string; acknowledged: number }> {
  const { seconds, p99MsMax, lagSecondsMax, signal } = options;
  const { total } = await send({
    ...options.send,
    ...{ seed, signal, events: eventsPerSecond * seconds, rate: [{ eventsPerSecond }] },
  });
  signal.throwIfAborted();
  // Read at once: what waits now is what the rate has piled up.
  const after = await read();
  const lag = worstLag(after);
  const { p99 } = total.latencyMs;
  const reached = total.acknowledged / Math.max(0.001, total.elapsedMs / 1_000);
  const reasons = [
    ...(total.unknown > 0 ? [`${total.unknown} events without an answer`] : []),
    ...refusalsInWords(total),
    ...(reached < 0.95 * eventsPerSecond ? [`only ${reached.toFixed(0)} events/s came through`] : []),
    ...(p99 > p99MsMax ? [`p99 above ${p99MsMax} ms`] : []),
    ...(lag > lagSecondsMax ? [`lag above ${lagSecondsMax} s`] : []),
    ...(after.some(({ startedAt }, index) => startedAt !== before[index]?.startedAt)
      ? ['a process was started anew']
      : []),
  ];
  return {
    why: reasons.join(', '),
    figures: `p99 ${p99.toFixed(0)} ms, lag ${lag.toFixed(1)} s`,
    acknowledged: total.acknowledged,
  };
}

/** A backlog of the rate before would be counted against the next one. */
async function untilCalm(options: CapacityOptions, read: () => Promise<ProcessReading[]>): Promise<void> {
  const untilAt = performance.now() + calmTimeoutSeconds * 1_000;
  for (let lag = Infinity; (lag = worstLag(await read())) > Math.min(1, options.lagSecondsMax);) {
    if (performance.now() > untilAt)
      throw new Error(`the lag is still ${lag.toFixed(1)} s after ${calmTimeoutSeconds} s without load`);
    await sleep(500, undefined, { signal: options.signal });
  }
}

function worstLag(readings: readonly ProcessReading[]): number {
  return Math.max(0, ...readings.map(({ lagSeconds }) => lagSeconds ?? 0));
}
