import { send, type LiveProgress, type Sent } from '@penstock/load';
import { judge, type Judgement } from './judge/judge.ts';
import type { ChaosOptions } from './options.ts';
import type { PlannedFault } from './plan/plan.ts';
import type { Stage } from './stage/stage.ts';
import type { UnbiddenEnd } from './stage/supervised.ts';
import { type PerformedFault, Performer } from './strike/performer.ts';
import { progressLine } from './watch/progress-line.ts';
import { type Sample, Sampler } from './watch/sampler.ts';

/** Everything that there is to tell of a run. */
export interface ChaosOutcome {
  sent: Sent;
  faults: readonly PerformedFault[];
  samples: readonly Sample[];
  /** Undefined when nobody could judge, because a cluster did not get well again. */
  judgement: Judgement | undefined;
  /** Promise and pipeline: what is not as it should be. Empty: kept. */
  problems: string[];
  unbidden: readonly UnbiddenEnd[];
  /** Ended before its time, by a person. */
  cutShort: boolean;
  seconds: number;
}

/** What the sender is told. */
export type LoadOptions = Pick<ChaosOptions, 'minutes' | 'seed' | 'eventsPerSecond' | 'mix'>;

const progressEveryMs = 5_000;
/** Open-loop requests that are due wait behind an outage; then they have so long to catch up. */
const catchUpMs = 300_000;
/** Below the de-duplication window of 10 minutes, inside which a resend is promised to be noticed. */
const resendForMs = 480_000;
const clients = 32;

/**
 * Load, faults, healing and verdict on a stage that is ready. `signal` ends load and faults early, and the
 * verdict is spoken all the same.
 */
export async function runChaos(
  stage: Stage,
  plan: readonly PlannedFault[],
  options: LoadOptions,
  { signal, say }: { signal: AbortSignal; say: (text: string) => void },
): Promise<ChaosOutcome> {
  const startedAt = performance.now();
  const endOfLoad = new AbortController();
  await using sampler = await Sampler.start(stage, startedAt);
  const performer = new Performer(stage, startedAt, AbortSignal.any([signal, endOfLoad.signal]));
  const performed = performer.run(plan);
  let toldAt = startedAt;
  const sent = await sendLoad(stage, options, signal, async (progress) => {
    await sampler.note(progress);
    if (performance.now() < toldAt + progressEveryMs) return;
    toldAt = performance.now();
    const leftSeconds = options.minutes * 60 - (toldAt - startedAt) / 1_000;
    const { acknowledged, resends } = progress;
    const sample = sampler.samples.at(-1);
    say(progressLine({ leftSeconds, acknowledged, resends, sample, faults: performer.now }));
  });
  endOfLoad.abort();
  await performed;
  const seconds = (performance.now() - startedAt) / 1_000;
  say('the load has ended; healing everything');
  const illness = await stage.heal().then(
    () => undefined,
    (error: unknown) => `not well again: ${(error as Error).message}`,
  );
  let judgement: Judgement | undefined;
  const problems: string[] = [];
  try {
    judgement = await judge(stage, { ledger: sent.ledger, say });
    problems.push(...judgement.problems);
  } catch (error) {
    // What was seen until now is worth a report, and it says that there is no verdict.
    problems.push(`nobody could judge: ${(error as Error).message}`);
  }
  const { faults } = performer;
  return {
    ...{ sent, faults, judgement, seconds, samples: sampler.samples, unbidden: stage.unbidden },
    problems: [...problems, ...(illness === undefined ? [] : [illness])],
    cutShort: signal.aborted,
  };
}

async function sendLoad(
  stage: Stage,
  { minutes, seed, eventsPerSecond, mix }: LoadOptions,
  signal: AbortSignal,
  onSample: (progress: LiveProgress) => Promise<void>,
): Promise<Sent> {
  const tooLate = AbortSignal.timeout(minutes * 60_000 + catchUpMs);
  let noting = Promise.resolve();
  const sent = await send({
    urls: stage.crews.receiver.urls,
    seed,
    events: Math.ceil(minutes * 60 * eventsPerSecond),
    rate: [{ eventsPerSecond }],
    ...{ mix, clients, eventsPerRequest: 10, resendForMs },
    ...{ compressed: 0.1, fixable: 0.05, rejected: 0.01, sentTwice: 0.01, cutBeforeAnswer: 0.01 },
    addressOf: (client) => `81.2.69.${client % 256}`,
    signal: AbortSignal.any([signal, tooLate]),
    onProgress: (progress) => {
      noting = noting.then(() => onSample(progress));
    },
  });
  await noting;
  return sent;
}
