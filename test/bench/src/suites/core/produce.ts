import type { TestKafka } from '@penstock/test-broker';
import type { SuiteContext } from '../../suite.ts';
import type { Table } from '../../table.ts';
import type { Contender } from './contender.ts';
import { recordColumns, recordRows } from './record-table.ts';
import { runRounds } from './rounds.ts';
import { jobFor, passingTopic, workload } from './workload.ts';

export async function measureProduce(
  kafka: TestKafka,
  contenders: readonly Contender[],
  { runs, quick, say }: SuiteContext,
): Promise<Table> {
  const sizes = quick ? { small: 20_000, large: 80_000 } : { small: 80_000, large: 320_000 };
  const outcomes = await runRounds({
    contenders,
    runs,
    sizes,
    say,
    async jobOf(records) {
      const passing = await passingTopic(kafka, 'bench-produce');
      const job = jobFor(kafka, 'produce', passing.topic, records);
      return { job, [Symbol.asyncDispose]: () => passing[Symbol.asyncDispose]() };
    },
  });
  return {
    title: 'Produce: idempotent, acks=all',
    columns: recordColumns,
    rows: recordRows(outcomes, workload.valueBytes),
    notes: [
      `The difference of ${sizes.large} and ${sizes.small} records of 1 KB without key, on ` +
        `${workload.partitions} partitions of one broker (RF 1), no compression, linger ` +
        `${workload.lingerMs} ms, batches of 512 KiB.`,
      'CPU is user and system time of the whole client process, by the kernel. The broker shares the ' +
        'cores, and it is what limits records/s.',
      'kafkajs and @platformatic/kafka batch only what one call gives them: each call here fills a ' +
        'batch of every partition, two calls at a time. Their ack is that of a call; for Penstock and ' +
        'Java it counts from append, 64 MB of records being in the queue.',
      'All but kcat send the same 1 KB again and again. kcat reads its records as lines of a file: ' +
        'that is in its CPU; forty lines of C around the same library (librdkafka-produce.c) do not, ' +
        'and are what ratios refer to where a C compiler is. Heap bytes are what V8 counts as ' +
        'allocated, without the memory of Buffers.',
    ],
  };
}
