import { eventIdPosition } from '@penstock/events';
import type { Cluster } from '@penstock/kafka';
import { MasterVerifier } from '@penstock/load';
import type { Ledger, Verdict } from '@penstock/load';
import type { TestKafka } from '@penstock/test-broker';
import { countTopic, expectedOfRaw } from './topic-truth.ts';
import type { Expected } from './topic-truth.ts';
import { untilSettled } from './until-settled.ts';

/** How long the master may stand still before what is missing counts as lost. */
const standstillMs = 120_000;

/** Waits until the master has as many records as the rules make of raw. Doubles show later, id by id. */
export async function settled(datacenter: Cluster, master: Cluster): Promise<Expected> {
  const expected = await expectedOfRaw(datacenter, 'events.raw');
  const count = () => countTopic(master, 'events.clean');
  const arrived = await untilSettled(count, expected.clean, standstillMs);
  if (arrived < expected.clean)
    throw new Error(`no more than ${arrived} of ${expected.clean} events come to the master`);
  return expected;
}

/** What was acknowledged against what Kafka's own consumer sees in the master, read_committed. */
export async function judgeMaster(
  ledger: Ledger,
  master: { kafka: TestKafka; cluster: Cluster },
): Promise<Verdict> {
  const verifier = new MasterVerifier(ledger);
  const maxMessages = await countTopic(master.cluster, 'events.clean');
  for (const record of await master.kafka.consoleConsume('events.clean', {
    maxMessages,
    timeoutMs: 60_000,
  })) {
    const id = record.value?.subarray(eventIdPosition, eventIdPosition + 16) ?? Buffer.alloc(0);
    verifier.saw(id, `partition ${record.partition} offset ${record.offset}`);
  }
  return verifier.verdict();
}
