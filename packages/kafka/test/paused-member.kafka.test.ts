import { sharedKafka, uniqueName } from '@penstock/test-broker';
import type { TestKafka } from '@penstock/test-broker';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { openCluster, startBatchProducer } from '../src/index.ts';
import { MemberProcess } from './member-process.fixture.ts';

// Contract test 5, the zombie: SIGSTOP until its session has ended, another member takes over, SIGCONT.

const partitions = 3;
const recordsPerHalf = 300;

let kafka: TestKafka;

beforeAll(async () => {
  kafka = await sharedKafka();
});

test('a member that was paused until its session ended commits nothing of its old work', async () => {
  const [input, output, group] = [uniqueName('paused-in'), uniqueName('paused-out'), uniqueName('paused')];
  await kafka.createTopic(input, { partitions });
  await kafka.createTopic(output, { partitions });
  const member = (identity: string): MemberProcess => {
    const { bootstrap } = kafka;
    const process = new MemberProcess({ bootstrap, input, output, group, identity, fetchBytes: 2_000 });
    onTestFinished(() => process[Symbol.dispose]());
    return process;
  };
  await write(input, 0);

  const zombie = member(`${group}-1`);
  await zombie.says('committed');
  zombie.pause();
  const heir = member(`${group}-2`);
  await heir.says('joined');
  await write(input, recordsPerHalf);
  // The heir gets the partitions when the zombie's session ends, after 10 s at most.
  await heir.says('committed');
  zombie.resume();

  const total = 2 * recordsPerHalf;
  const copies = await kafka.consoleConsume(output, { maxMessages: total, timeoutMs: 90_000 });
  expect(copies).toHaveLength(total);
  const all = await kafka.consoleConsume(output, { timeoutMs: 4_000 });
  for (let partition = 0; partition < partitions; partition++) {
    const values = all
      .filter((record) => record.partition === partition)
      .map(({ value }) => Number(value?.toString()));
    const wanted = Array.from({ length: total }, (_, index) => index).filter(
      (index) => index % partitions === partition,
    );
    expect(values).toEqual(wanted);
  }
}, 240_000);

async function write(topic: string, first: number): Promise<void> {
  await using cluster = await openCluster({ bootstrap: kafka.bootstrap, clientId: 'paused' });
  await using producer = await startBatchProducer(cluster, { batchBytes: 1_000, onSettled: () => undefined });
  for (let index = first; index < first + recordsPerHalf; index++) {
    const record = { key: null, value: Buffer.from(String(index)), timestampMs: Date.now() };
    producer.append(topic, index % partitions, record, index);
  }
}
