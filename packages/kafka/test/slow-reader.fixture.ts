// A process that reads a topic slowly at first, then to its end, and then waits for more. Its environment
// says what to do.
import { setTimeout as sleep } from 'node:timers/promises';
import { openCluster, startFetcher } from '../src/index.ts';
import { idleCpu, readyToGo, sayResult, watchMemory } from './memory-watch.fixture.ts';
import type { MemoryTaken } from './memory-watch.fixture.ts';

export interface SlowRead extends MemoryTaken {
  records: number;
  idleCpu: number;
}

const { BOOTSTRAP = '', TOPIC = '' } = process.env;
const number = (name: string): number => Number(process.env[name]);

const cluster = await openCluster({ bootstrap: BOOTSTRAP.split(','), clientId: 'slow' });
await cluster.topic(TOPIC);
const fetcher = startFetcher(cluster, {
  isolation: 'read_committed',
  prefetchBytes: number('PREFETCH_BYTES'),
});
const memory = watchMemory(() => fetcher.heldBytes);
await readyToGo();

for (let partition = 0; partition < number('PARTITIONS'); partition++)
  fetcher.assign(TOPIC, partition, { offset: 0n, lastFetchedEpoch: -1 });
let records = 0;
const take = async (bytesMax: number): Promise<void> => {
  for (const { batches } of await fetcher.next({ bytesMax, maxWaitMs: 1_000 }))
    for (const { count } of batches) records += count;
};
for (const until = performance.now() + number('SLOW_MS'); performance.now() < until;) {
  await take(256 * 1024);
  await sleep(20);
}
for (const until = performance.now() + 120_000; records < number('RECORDS') && performance.now() < until;)
  await take(Infinity);
const taken = memory.stop();
const idle = await idleCpu(number('IDLE_MS'));
fetcher[Symbol.dispose]();
await cluster[Symbol.asyncDispose]();
const result: SlowRead = { ...taken, records, idleCpu: idle };
sayResult(result);
