import { rawHeaders } from '@penstock/events';
import { givenBootstrap, startKafka } from '@penstock/test-broker';
import {
  holdAt,
  killPointNames,
  seededRun,
  startProxiedKafka,
  type FaultProxy,
  type KillPoint,
} from '@penstock/test-faults';
import { expect, test } from 'vitest';
import { createFilterTopics, FilterProcess, runFilterCommand, startFilterCommand } from './filter-process.ts';
import { numbersIn, range, sequence } from './numbered-events.ts';
import { rawRecord } from './raw-records.ts';
import { clientOf, read, write } from './topic-io.ts';

// Each point costs four processes, so all this is in `npm run soak -- filter` only.
const { long } = seededRun(1);
const skip = !long || givenBootstrap() !== undefined;

test.skipIf(skip)(
  'replay and reprocess, killed between any two steps and run again, write each event once',
  async () => {
    await using proxied = await startProxiedKafka(startKafka, { name: 'filter-tools' });
    const { kafka, proxies } = proxied;
    const topics = await createFilterTopics(kafka);
    const cluster = await clientOf(kafka);
    const bad = range(0, 50).map((n) => rawRecord({ body: Buffer.from(`{"n":${n}`), hint: '2' }));
    await write(cluster, topics.raw, [...sequence(0, 50), ...bad, ...sequence(50, 100)]);
    const toMs = Date.now();
    const killedAt = async (point: KillPoint, args: string[]): Promise<void> => {
      const hold = holdAt(proxies, point);
      let isHeld = false;
      void hold.struck.then(() => (isHeld = true));
      const doomed = startFilterCommand(kafka, topics, args);
      await doomed.until(() => isHeld, point, { timeoutMs: 120_000 });
      await doomed.kill();
      await goOn(proxies);
      expect(await runFilterCommand(kafka, topics, args)).toMatchObject({ exitCode: 0 });
    };
    for (const [n, point] of killPointNames.entries()) {
      // The same requests, rejected once more by each round.
      const filter = await FilterProcess.start(kafka, topics);
      const rejections = async () => (await read(cluster, topics.rejected)).length;
      await filter.until(async () => (await rejections()) === bad.length * (n + 1), 'all are rejected');
      expect(await filter.stop()).toBe(0);
      await killedAt(point, ['replay', '--all']);
      const written = (await read(cluster, topics.raw)).map(
        (record) => new Map(record.headers()).get(rawHeaders.replays)?.toString() ?? '0',
      );
      const perRound = range(0, n + 2).map((round) => written.filter((one) => one === String(round)).length);
      expect(perRound).toEqual([100 + bad.length, ...Array<number>(n + 1).fill(bad.length)]);

      const into = `${topics.clean}.${n}`;
      const time = ['--from', String(toMs - 600_000), '--to', String(toMs)];
      await killedAt(point, ['reprocess', ...time, '--into', into]);
      expect(await numbersIn(cluster, into)).toEqual(range(0, 100));
    }
  },
  1_200_000,
);

async function goOn(proxies: readonly FaultProxy[]): Promise<void> {
  for (const proxy of proxies) {
    await proxy.pass();
    proxy.cut();
  }
}
