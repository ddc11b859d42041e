import { createLog, Metrics, UsageError, type Command, type CommandOutcome } from '@penstock/service';
import { setTimeout as sleep } from 'node:timers/promises';
import { Tally } from '../account/tally.ts';
import { datacentersOf, type ProberConfig } from '../config.ts';
import { writeHistory } from '../history.ts';
import { layStreams } from '../layout.ts';
import { Prober } from '../prober.ts';

const progressEveryMs = 5_000;

/**
 * `once`: for a deployment's last step. Sends a number of probes, waits for them at every hop, and says
 * what became of them.
 */
export const once: Command<ProberConfig> = {
  about: 'sends some probes, waits for them, and says whether each arrived once and unchanged',
  synopsis: '[--events N] [--timeout SECONDS] [--history FILE]',
  flags: {
    events: { value: 'N', about: 'probes for all datacenters together; 100 when not given' },
    timeout: {
      value: 'SECONDS',
      about: 'how long to wait for them after the last was sent; 60 when not given',
    },
    history: { value: 'FILE', about: 'records what happened, for `verify`; the file must not exist' },
  },
  async act(config, given) {
    const events = Number(given.wholeNumber('events') ?? 100n);
    const timeoutMs = Number(given.wholeNumber('timeout') ?? 60n) * 1_000;
    if (events === 0 || timeoutMs === 0) throw new UsageError('--events and --timeout must not be 0');
    return probeOnce(config, events, timeoutMs, given.text('history'));
  },
};

async function probeOnce(
  config: ProberConfig,
  events: number,
  timeoutMs: number,
  historyPath: string | undefined,
): Promise<CommandOutcome> {
  const log = createLog({ service: 'prober', level: 'warn', destination: process.stderr });
  const tally = new Tally();
  const names = datacentersOf(config).map(({ name }) => name);
  const datacenterOf = layStreams(names, config.keys).map(({ datacenter }) => datacenter);
  await using history = historyPath === undefined ? undefined : writeHistory(historyPath, datacenterOf);
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined); // raced below
  await using prober = await Prober.start({
    // A verdict of its own: nothing of an earlier run, and the whole time is allowed before a probe counts
    // as lost.
    config: { ...config, checkpoint: undefined, deadlineMs: timeoutMs },
    ...{ log, metrics: new Metrics('prober'), fail: failed.reject },
    onFinding: (found) => tally.add(found),
    ...(history && { onHistory: (entry) => history.write(entry) }),
  });
  prober.senders.start(events);
  await Promise.race([watch(prober, timeoutMs), failed.promise]);
  return verdictOf(prober, tally);
}

/**
 * Ends when every probe is through, or was judged; or, when a hop cannot be read, a while after the time is
 * over.
 */
async function watch(prober: Prober, timeoutMs: number): Promise<void> {
  const sending = prober.senders.finished();
  const progress = setInterval(() => {
    process.stderr.write(`${prober.senders.sent} sent, ${prober.open} under way\n`);
  }, progressEveryMs);
  try {
    await sending;
    const until = performance.now() + timeoutMs + 5_000;
    while (prober.open > 0 && performance.now() < until) await sleep(50);
    // What is through may still come twice: give a second copy the time that a transaction takes.
    await sleep(2_000);
  } finally {
    clearInterval(progress);
  }
}

function verdictOf(prober: Prober, tally: Tally): CommandOutcome {
  if (tally.violations > 0) return { text: `BROKEN\n${tally.table()}`, exitCode: 1 };
  const { doubts } = prober;
  if (prober.open === 0 && doubts.length === 0) return { text: `KEPT\n${tally.table()}`, exitCode: 0 };
  if (prober.open === 0) return { text: `CANNOT TELL: ${doubts.join('; ')}\n${tally.table()}`, exitCode: 2 };
  const why = prober.notReady().join('; ') || 'they had no answer, or did not arrive in time';
  return { text: `CANNOT TELL: ${prober.open} probes are open: ${why}\n${tally.table()}`, exitCode: 2 };
}
