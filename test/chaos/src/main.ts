import { join } from 'node:path';
import { brokerKind } from '@penstock/test-broker';
import { clockTime } from '@penstock/test-report';
import { type ChaosOptions, readOptions, type ReadOptions, usage } from './options.ts';
import { faultsOfThisMachine, type MachineFaults } from './stage/machine-faults.ts';
import { describeFault, planFaults } from './plan/plan.ts';
import { headlineOf, troubleOf } from './report/chaos-page.ts';
import { reportOf } from './report/chaos-report.ts';
import { writeReport } from './report/write-report.ts';
import { runChaos } from './run-chaos.ts';
import { startStage } from './stage/stage.ts';

const startedAt = performance.now();
const say = (text: string): void => {
  process.stdout.write(`[${clockTime((performance.now() - startedAt) / 1_000)}] ${text}\n`);
};

process.exitCode = await main();

async function main(): Promise<number> {
  const read = readCommand();
  if (typeof read === 'string') {
    process.stderr.write(`${read}\n\n${usage}`);
    return 2;
  }
  if (read.act === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  const machine = await faultsOfThisMachine(read.options.kinds);
  if (read.act === 'list') {
    process.stdout.write(listOf(read.options, machine));
    return 0;
  }
  try {
    return await run(read.options, machine);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return 1;
  }
}

/** What to do, or in words what is wrong with the command line. */
function readCommand(): ReadOptions | string {
  try {
    const read = readOptions(process.argv.slice(2), Date.now());
    if (brokerKind() === 'jvm' || read.act !== 'run') return read;
    return 'npm run chaos pauses and kills brokers as child processes: install Java 17 or newer';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function run(options: ChaosOptions, { kinds, skipped }: MachineFaults): Promise<number> {
  const { seed, minutes, instances, reportFolder } = options;
  const plan = planFaults({ seed, seconds: minutes * 60, kinds, instances });
  say(`seed ${seed}: ${plan.length} faults in ${minutes} minutes, ${options.eventsPerSecond} events/s`);
  for (const { name, why } of skipped) say(`without ${name}: ${why}`);
  const stop = stopSignal();
  say('starting two clusters of three brokers, and the services');
  await using stage = await startStage({
    ...{ instances, logFolder: join(reportFolder, 'logs') },
    smallDisk: kinds.some(({ name }) => name === 'full-disk'),
  });
  say('everything is ready; the load begins');
  const outcome = await runChaos(stage, plan, options, { signal: stop, say });
  const report = reportOf(options, outcome, { plannedFaults: plan.length, skipped });
  const paths = await writeReport(reportFolder, report);
  process.stdout.write(`\n${outcome.judgement?.text ?? 'There is no verdict.'}\n`);
  for (const { name, how, lastError } of outcome.unbidden) say(`by itself, ${name}: ${how} (${lastError})`);
  for (const problem of outcome.problems) say(problem);
  if (!report.kept) process.stderr.write(`${stage.logs()}\n`);
  say(headlineOf(report));
  for (const trouble of troubleOf(report)) say(trouble);
  say(`report: ${paths.join(', ')}`);
  say(`again: ${report.again}`);
  return report.kept ? 0 : 1;
}

/** The first SIGINT or SIGTERM ends load and faults; after a second one nothing is waited for. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) process.kill(process.pid, 'SIGKILL');
      say(`${signal}: ending load and faults; the verdict follows. Again, to end at once`);
      stop.abort();
    });
  }
  return stop.signal;
}

function listOf(options: ChaosOptions, { kinds, skipped }: MachineFaults): string {
  const { seed, minutes, instances } = options;
  const width = Math.max(...kinds.map(({ name }) => name.length));
  const plan = planFaults({ seed, seconds: minutes * 60, kinds, instances });
  return [
    ...kinds.map(({ name, group, about }) => `${name.padEnd(width)}  ${group.padEnd(11)}  ${about}`),
    ...skipped.map(({ name, why }) => `${name.padEnd(width)}  not on this machine: ${why}`),
    '',
    `The plan of seed ${seed} for ${minutes} minutes:`,
    ...plan.map((fault) => `${clockTime(fault.at).padStart(7)}  ${fault.seconds} s  ${describeFault(fault)}`),
    '',
  ].join('\n');
}
