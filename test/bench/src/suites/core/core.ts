import type { TestKafka } from '@penstock/test-broker';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MeasuredPart, Suite, SuiteContext } from '../../suite.ts';
import { startBenchKafka } from './bench-kafka.ts';
import { javaContender } from './clients/java.ts';
import { kcatContender } from './clients/kcat.ts';
import { librdkafkaContender } from './clients/librdkafka.ts';
import { measureConsume } from './consume.ts';
import { kafkajs, penstock, platformatic } from './contender.ts';
import type { Contender } from './contender.ts';
import { measureProduce } from './produce.ts';
import { measureRelay, plainRelay } from './relay.ts';
import { measureTransactions } from './transaction.ts';

/**
 * The client core beside the clients that one could have taken instead, on the same broker in the same run.
 */
export const core: Suite = {
  name: 'core',
  about:
    'packages/kafka beside kafkajs, @platformatic/kafka, librdkafka and the Java client, on the same ' +
    'real broker',
  parts: ['produce', 'consume', 'relay', 'transaction'],
  run,
};

async function* run(context: SuiteContext): AsyncGenerator<MeasuredPart> {
  const { only, rows, say } = context;
  const wanted = (contenders: readonly Contender[]): readonly Contender[] =>
    contenders.filter(({ name }) => rows?.some((row) => name.startsWith(row)) ?? true);
  const folder = await mkdtemp(join(tmpdir(), 'penstock-bench-'));
  try {
    if (['produce', 'consume', 'relay'].some((part) => only.has(part))) {
      say('starting a broker');
      await using kafka: TestKafka = await startBenchKafka(1);
      const all = wanted([penstock, kafkajs, platformatic, kcatContender(folder), javaContender(folder)]);
      if (only.has('produce')) {
        const producers = [...all, ...wanted([librdkafkaContender(folder)])];
        yield { part: 'produce', table: await measureProduce(kafka, producers, context) };
      }
      if (only.has('consume')) yield { part: 'consume', table: await measureConsume(kafka, all, context) };
      const relays = wanted([penstock, plainRelay]);
      if (only.has('relay')) yield { part: 'relay', table: await measureRelay(kafka, relays, context) };
    }
    if (only.has('transaction')) {
      const contenders = wanted([penstock, kafkajs, platformatic]);
      yield { part: 'transaction', table: await measureTransactions(contenders, context) };
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
