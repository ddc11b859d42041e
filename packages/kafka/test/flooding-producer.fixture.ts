// A process that appends as fast as the producer takes records, for a while, and then closes the producer.
// Its environment says what to do.
import { openCluster, startBatchProducer } from '../src/index.ts';
import { idleCpu, readyToGo, sayResult, watchMemory } from './memory-watch.fixture.ts';
import type { MemoryTaken } from './memory-watch.fixture.ts';

/** Times in ms. */
export interface Flood extends MemoryTaken {
  taken: number;
  outcomes: Record<string, number>;
  /** From the append of a record to its settlement. */
  longestWait: number;
  /** Whether `append` answered false. */
  refusedByBound: boolean;
  closeTook: number;
  idleCpu: number;
}

const { BOOTSTRAP = '', TOPIC = '' } = process.env;
const number = (name: string): number => Number(process.env[name]);
const partitions = number('PARTITIONS');
const outcomes: Record<string, number> = {};
let longestWait = 0;
let settled = 0;

const cluster = await openCluster({
  bootstrap: BOOTSTRAP.split(','),
  clientId: 'flood',
  requestTimeoutMs: number('REQUEST_TIMEOUT_MS'),
});
const producer = await startBatchProducer<number>(cluster, {
  memoryBytes: number('MEMORY_BYTES'),
  deliveryTimeoutMs: number('DELIVERY_TIMEOUT_MS'),
  onSettled({ outcome, tokens }) {
    settled += tokens.length;
    outcomes[outcome] = (outcomes[outcome] ?? 0) + tokens.length;
    longestWait = Math.max(longestWait, performance.now() - tokens[0]!);
  },
});
const value = Buffer.alloc(number('VALUE_BYTES'), 'x');
let next = 0;
const append = (): boolean => {
  const record = { key: null, value, timestampMs: Date.now() };
  const took = producer.append(TOPIC, next % partitions, record, performance.now());
  if (took) next++;
  return took;
};

// Warms up: code is compiled, connections are open, and brokers know every partition.
for (let round = 0; round < 3; round++) {
  for (let index = 0; index < Math.max(partitions, 5_000); index++) append();
  await producer.drain();
}
const idle = await idleCpu(number('IDLE_MS'));
const warm = { ...outcomes };
longestWait = 0;
const memory = watchMemory(() => producer.bufferedBytes);
await readyToGo();

const before = { next, settled };
let refusedByBound = false;
const startedAt = performance.now();
const floodedMs = (): number => performance.now() - startedAt;
// Until the bound was reached: a busy machine takes longer for that.
while (floodedMs() < number('FLOOD_MS') || (!refusedByBound && floodedMs() < number('FLOOD_MAX_MS'))) {
  let appended = 0;
  while (appended < 5_000 && append()) appended++;
  refusedByBound ||= appended < 5_000;
  memory.look();
  await new Promise((resolve) => setImmediate(resolve));
}
const closing = performance.now();
await producer[Symbol.asyncDispose]();
const flood: Flood = {
  ...memory.stop(),
  taken: next - before.next,
  outcomes: Object.fromEntries(
    Object.entries(outcomes).map(([outcome, count]) => [outcome, count - (warm[outcome] ?? 0)]),
  ),
  longestWait,
  refusedByBound,
  closeTook: performance.now() - closing,
  idleCpu: idle,
};
await cluster[Symbol.asyncDispose]();
sayResult(flood);
