import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rawHeaders } from '@penstock/events';
import { readTopic } from '@penstock/kafka';
import { brokerKind } from '@penstock/test-broker';
import { Kafka, logLevel } from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';
import { judge } from '../src/judge/judge.ts';
import { chosenKinds, mixOf } from '../src/options.ts';
import { planFaults } from '../src/plan/plan.ts';
import { reportOf } from '../src/report/chaos-report.ts';
import { writeReport } from '../src/report/write-report.ts';
import { runChaos } from '../src/run-chaos.ts';
import { type Stage, startStage } from '../src/stage/stage.ts';

// What `npm run chaos` does at length, for a third of a minute. The kinds are those that the other tests of
// whole pipelines do not have.

const options = {
  ...{ minutes: 0.35, seed: 5, eventsPerSecond: 300, instances: 2, reportFolder: '' },
  ...{ formats: undefined, mix: mixOf(undefined) },
  faults: 'pause-mirror,lose-produce,lose-end-transaction,lose-heartbeat,half-open,clock-filter,swap-geoip',
};

test.skipIf(brokerKind() !== 'jvm')(
  'a short run of chaos keeps the promise, and a guarantee broken on purpose turns the verdict red',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'penstock-chaos-test-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const kinds = chosenKinds(options.faults);
    const plan = planFaults({ ...options, seconds: options.minutes * 60, kinds });
    const stage = await startStage({ instances: 2, partitions: 4, logFolder: join(folder, 'logs') });
    onTestFinished(async ({ task }) => {
      if (task.result?.state === 'fail') process.stderr.write(stage.logs());
      await stage[Symbol.asyncDispose]();
    });
    const never = new AbortController().signal;
    const outcome = await runChaos(stage, plan, options, { signal: never, say: () => undefined });
    expect(outcome.problems).toEqual([]);
    expect(outcome.sent.ledger.count('acknowledged', 'clean')).toBe(outcome.judgement?.verdict.arrived);
    expect(outcome.judgement?.master.judgedBy).toBe('the Java consumer');
    expect(outcome.faults.map(({ name, problem }) => ({ name, problem }))).toEqual(
      plan.map(({ kind }) => ({ name: kind.name, problem: undefined })),
    );
    expect(outcome.samples.length).toBeGreaterThan(10);

    const report = reportOf({ ...options, kinds }, outcome, { plannedFaults: plan.length, skipped: [] });
    const [html = '', json = ''] = await writeReport(folder, report);
    expect(await readFile(html, 'utf8')).toContain('class="verdict good"');
    expect(JSON.parse(await readFile(json, 'utf8'))).toMatchObject({ kept: true, seed: 5 });

    expect(await shapesInRaw(stage)).toEqual(
      new Set(['json', 'compressed json', 'avro', 'compressed avro', 'pixel', 'beacon', 'compressed beacon']),
    );
    expect(outcome.judgement?.verdict).toMatchObject({
      toBeRejected: outcome.sent.ledger.count('acknowledged', 'rejected'),
      rejected: outcome.sent.ledger.count('acknowledged', 'rejected'),
    });

    const gone = await removeFirstEvents(stage);
    await postBehindTheLedgersBack(stage);
    const { ledger } = outcome.sent;
    const broken = await judge(stage, { ledger, standstillMs: 3_000 });
    expect(broken.kept).toBe(false);
    expect(broken.verdict).toMatchObject({ lost: gone, lostIn: { Mirror: gone }, doubled: 1 });
    expect(broken.problems).toContain(
      `${gone} acknowledged events are lost (${gone} did not come out of the Mirror)`,
    );
  },
);

/** How the clients' requests came, by what raw holds of them. */
async function shapesInRaw(stage: Stage): Promise<Set<string>> {
  const shapes = new Set<string>();
  await readTopic(await stage.clusters.datacenter.inside(), 'events.raw', (record) => {
    const headers = new Map(record.headers().map(([name, value]) => [name, value?.toString()]));
    const type = headers.get(rawHeaders.contentType) ?? '';
    const shape = { 'avro/binary': 'avro', 'text/plain': 'beacon', [form]: 'pixel' }[type] ?? 'json';
    shapes.add(headers.has(rawHeaders.contentEncoding) ? `compressed ${shape}` : shape);
  });
  return shapes;
}

const form = 'application/x-www-form-urlencoded';

/** Deletes the beginning of a partition of the master, as a retention that is too short would. */
async function removeFirstEvents(stage: Stage): Promise<number> {
  const { master } = stage.clusters;
  const topic = 'events.clean';
  const before = await master.kafka.consoleConsume(topic, { partition: 0 });
  const at = before.at(20)?.offset ?? 0n;
  await master.kafka.admin(async (admin) => {
    await admin.fetchTopicOffsets(topic); // kafkajs deletes nothing of a topic that it has not met
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(at) }] });
  });
  return before.filter(({ offset }) => offset < at).length;
}

/** Writes an event that is there already once more, as a client that is not in the ledger. */
async function postBehindTheLedgersBack(stage: Stage): Promise<void> {
  const { kafka } = stage.clusters.master;
  const [event] = await kafka.consoleConsume('events.clean', { partition: 1, maxMessages: 1 });
  const client = new Kafka({ brokers: kafka.bootstrap, logLevel: logLevel.NOTHING });
  const producer = client.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const { key, value } = event!;
  await producer.send({ topic: 'events.clean', messages: [{ partition: 1, key, value }] });
  await producer.disconnect();
}
