import { openCluster, startBatchProducer } from '@penstock/kafka';
import type { TestKafka } from '@penstock/test-broker';
import { setTimeout as sleep } from 'node:timers/promises';

/** Writes numbered records, and knows which of them are acknowledged. */
export interface Load extends AsyncDisposable {
  /** Their numbers. */
  readonly acknowledged: ReadonlySet<number>;
  writeOne(): Promise<void>;
  /** Until the signal. Settles when all of them are acknowledged or given up. */
  write(recordsPerSecond: number, signal: AbortSignal): Promise<void>;
}

const value = Buffer.alloc(1_000, 'x');
const stepMs = 20;

export async function startLoad(kafka: TestKafka, topic: string, partitions: number): Promise<Load> {
  const opened = new AsyncDisposableStack();
  const cluster = opened.use(await openCluster({ bootstrap: kafka.bootstrap, clientId: 'bench-night' }));
  const acknowledged = new Set<number>();
  const producer = opened.use(
    await startBatchProducer<number>(cluster, {
      // Longer than a broker is away: what is given up would be no load.
      deliveryTimeoutMs: 120_000,
      memoryBytes: 512 * 1024 * 1024,
      onSettled({ outcome, tokens }) {
        if (outcome === 'written') for (const token of tokens) acknowledged.add(token);
      },
    }),
  );
  let number = 0;
  const append = (): void => {
    const key = Buffer.alloc(4);
    key.writeUInt32BE(number);
    const record = { key, value, timestampMs: Date.now() };
    if (!producer.append(topic, number % partitions, record, number)) throw new Error('the load is held up');
    number += 1;
  };
  return {
    acknowledged,
    async writeOne() {
      append();
      await producer.drain();
    },
    async write(recordsPerSecond, signal) {
      const startedAt = performance.now();
      while (!signal.aborted) {
        const due = Math.floor(((performance.now() - startedAt) / 1_000) * recordsPerSecond);
        while (number - 1 < due) append();
        await sleep(stepMs);
      }
      await producer.drain();
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
