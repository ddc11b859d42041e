import { balanceProblems, readFilterCounts, type Balance } from '../samples/balance.ts';
import { judge } from '../samples/judge.ts';
import { pause } from '../pause.ts';
import type { PostedSample } from '../samples/post-samples.ts';
import { readAgain, type WholeTopics } from './read-again.ts';
import type { PipelineWatch } from '../pipeline/watch-pipeline.ts';

export interface Verdict {
  /** Empty: every expected event is in the master exactly once, and the balance holds. */
  problems: string[];
  balance: Balance;
  whole: WholeTopics;
}

const arriveTimeoutMs = 120_000;
/** Several transactions of each hop: a double would have come by then. */
export const quietMs = 2_000;

/** Settles when all that was expected has arrived, or after two minutes. */
export async function untilArrived(
  posted: readonly PostedSample[],
  watch: PipelineWatch,
  halt: AbortSignal,
): Promise<void> {
  for (const untilMs = Date.now() + arriveTimeoutMs; Date.now() < untilMs; await pause(20, halt)) {
    if (judge(posted, watch).missing.length === 0) return;
  }
}

/** Waits a while for doubles, then reads everything again and judges. */
export async function reachVerdict(
  posted: readonly PostedSample[],
  watch: PipelineWatch,
  filterOperations: string,
  halt: AbortSignal,
): Promise<Verdict> {
  await pause(quietMs, halt);
  const metrics = await fetch(`${filterOperations}/metrics`, { signal: halt });
  const whole = await readAgain(watch.datacenter, watch.master, halt);
  const eventsOf = (some: readonly PostedSample[]): number =>
    some.reduce((sum, { sample }) => sum + sample.expected.length, 0);
  const acknowledged = posted.filter(({ status }) => status === 200);
  const balance: Balance = {
    posted: {
      requests: acknowledged.length,
      events: eventsOf(acknowledged),
      copies: eventsOf(acknowledged.filter(({ copyOf }) => copyOf !== undefined)),
    },
    filter: readFilterCounts(await metrics.text()),
    topics: {
      raw: whole.rawRecords,
      clean: whole.clean.length,
      rejected: whole.rejected.length,
      master: whole.arrived.length,
    },
  };
  const { missing, wrong } = judge(posted, whole);
  return { problems: [...missing, ...wrong, ...balanceProblems(balance)], balance, whole };
}
