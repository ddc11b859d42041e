import type { TestKafka } from '@penstock/test-broker';
import type { SuiteContext } from '../../suite.ts';
import type { Table } from '../../table.ts';
import type { Contender } from './contender.ts';
import { recordColumns, recordRows } from './record-table.ts';
import { runRounds } from './rounds.ts';
import { filledTopics, jobFor, workload } from './workload.ts';

export async function measureConsume(
  kafka: TestKafka,
  contenders: readonly Contender[],
  { runs, quick, say }: SuiteContext,
): Promise<Table> {
  const sizes = quick ? { small: 30_000, large: 120_000 } : { small: 150_000, large: 600_000 };
  say('filling the topics to read');
  const topics = await filledTopics(kafka, 'bench-consume', [sizes.small, sizes.large]);
  const outcomes = await runRounds({
    contenders,
    runs,
    sizes,
    say,
    async jobOf(records) {
      const job = jobFor(kafka, 'consume', topics.get(records) ?? '', records);
      return { job, [Symbol.asyncDispose]: async () => undefined };
    },
  });
  await kafka.admin((admin) => admin.deleteTopics({ topics: [...topics.values()] }));
  return {
    title: 'Consume: every record looked at, read_committed',
    columns: recordColumns.filter(({ key }) => key !== 'p99'),
    rows: recordRows(outcomes, workload.valueBytes),
    notes: [
      `The difference of ${sizes.large} and ${sizes.small} records of 1 KB in batches of 512 KiB, ` +
        `uncompressed, on ${workload.partitions} partitions of one broker (RF 1), in its page cache; at ` +
        'most 1 MiB of a partition at a time.',
      "In Node, key and value of each record are touched as Buffers. kcat's format prints nothing. " +
        "Java's tool counts sizes.",
      'Penstock checks every CRC, Java too; librdkafka, kafkajs and @platformatic/kafka do not by default.',
      'kafkajs, @platformatic/kafka and Java read as members of a group, without commits: CPU is the ' +
        'difference all the same; records/s count from the first record to the last where the client ' +
        'tells (all but kcat).',
    ],
  };
}
