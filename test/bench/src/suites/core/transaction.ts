import { uniqueName } from '@penstock/test-broker';
import type { TestKafka } from '@penstock/test-broker';
import { measureProcess } from '../../measured-process.ts';
import { spreadOf } from '../../statistics.ts';
import type { SuiteContext } from '../../suite.ts';
import type { Row, Table } from '../../table.ts';
import { startBenchKafka } from './bench-kafka.ts';
import type { JobReport } from './clients/client-process.ts';
import { penstock } from './contender.ts';
import type { Contender } from './contender.ts';
import { jobFor } from './workload.ts';

const partitions = 12;

/** On a cluster of its own: a transaction costs its round trips to coordinator, leaders and replicas. */
export async function measureTransactions(
  contenders: readonly Contender[],
  { runs, quick, say }: SuiteContext,
): Promise<Table> {
  say('starting three brokers');
  await using kafka = await startBenchKafka(3);
  const transactions = quick ? 50 : 250;
  await warmUp(kafka, quick ? 1 : 8, say);
  const latencies = new Map<Contender, NonNullable<JobReport['latencyMs']>[]>();
  const trouble = new Map<Contender, string>();
  for (let round = 1; round <= runs; round++) {
    for (const contender of contenders.filter((one) => !trouble.has(one))) {
      try {
        const latencyMs = await transact(kafka, contender, transactions);
        latencies.set(contender, [...(latencies.get(contender) ?? []), latencyMs]);
        say(`run ${round} of ${runs}: ${contender.name}: p50 ${latencyMs.p50.toFixed(1)} ms`);
      } catch (error) {
        trouble.set(contender, `failed: ${error instanceof Error ? error.message : String(error)}`);
        say(`run ${round} of ${runs}: ${contender.name} ${trouble.get(contender)}`);
      }
    }
  }
  const rows = contenders.map((contender): Row => {
    const measured = latencies.get(contender);
    if (!measured)
      return { name: contender.name, figures: {}, skipped: trouble.get(contender) ?? 'not measured' };
    const p50 = spreadOf(measured.map((latency) => latency.p50));
    return { name: contender.name, figures: { p50, p99: spreadOf(measured.map((latency) => latency.p99)) } };
  });
  return {
    title: 'Transaction: begin to the answer of the commit',
    columns: [
      { key: 'p50', title: 'p50 ms', digits: 1 },
      { key: 'p99', title: 'p99 ms', digits: 1 },
    ],
    rows,
    notes: [
      `At most ${transactions} transactions in a run (fewer where 8 s are over before), one after the ` +
        `other, each with a record of 1 KB for every one of ${partitions} partitions on three brokers ` +
        '(RF 3, min.insync.replicas 2) that share this machine and have been warmed up; ' +
        'add.partitions.to.txn.retry.backoff.ms is 1.',
      'Penstock speaks the second kind of transactions (KIP-890), the others the first, which has to ' +
        'ask again while the markers of the commit before are written: every 10 ms here, instead of ' +
        'their 300 ms and 1 s. The first transactions of a process, in which everything is connected ' +
        'and warmed up, are in the p99.',
    ],
  };
}

/**
 * The first transactions of a broker take many times as long, until its JVM has compiled what they need:
 * p50 102 ms in the first 8 s, 14.4 in the eighth, and still falling. Then 23 ms of the brokers' CPU and
 * 1.2 of ours are in each, and 11 ms pass until Produce is answered.
 */
async function warmUp(kafka: TestKafka, rounds: number, say: (line: string) => void): Promise<void> {
  for (let round = 1; round <= rounds; round++) {
    const { p50 } = await transact(kafka, penstock, 10_000);
    say(`warming up, ${round} of ${rounds}: p50 ${p50.toFixed(1)} ms`);
  }
}

async function transact(
  kafka: TestKafka,
  contender: Contender,
  transactions: number,
): Promise<NonNullable<JobReport['latencyMs']>> {
  const topic = uniqueName('bench-transaction');
  await kafka.createTopic(topic, { partitions });
  const job = { ...jobFor(kafka, 'transact', topic, transactions), partitions };
  const { latencyMs } = contender.report(await measureProcess(contender.launch(job), 60_000));
  if (!latencyMs) throw new Error('no latencies were told');
  return latencyMs;
}
