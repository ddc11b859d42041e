import { setTimeout as sleep } from 'node:timers/promises';
import { eventIdPosition } from '@penstock/events';
import type { Cluster } from '@penstock/kafka';
import { MasterVerifier } from '@penstock/load';
import type { Ledger, Verdict } from '@penstock/load';
import type { TestKafka } from '@penstock/test-broker';
import { countTopic, expectedOfRaw } from './topic-truth.ts';
import type { Expected } from './topic-truth.ts';

/** Waits until the master has as many records as the rules make of raw. Duplicates show later, id by id. */
export async function settled(datacenter: Cluster, master: Cluster): Promise<Expected> {
  const expected = await expectedOfRaw(datacenter, 'events.raw');
  const until = Date.now() + 90_000;
  for (;;) {
    const arrived = await countTopic(master, 'events.clean');
    if (arrived >= expected.clean) break;
    if (Date.now() > until)
      throw new Error(`${arrived} of ${expected.clean} events are in the master after 90 s`);
    await sleep(500);
  }
  // A double would come now.
  await sleep(2_000);
  return expected;
}

/** What was acknowledged against what Kafka's own consumer sees in the master, read_committed. */
export async function judgeMaster(ledger: Ledger, master: TestKafka): Promise<Verdict> {
  const verifier = new MasterVerifier(ledger);
  for (const record of await master.consoleConsume('events.clean', { timeoutMs: 5_000 })) {
    const id = record.value?.subarray(eventIdPosition, eventIdPosition + 16) ?? Buffer.alloc(0);
    verifier.saw(id, `partition ${record.partition} offset ${record.offset}`);
  }
  return verifier.verdict();
}
