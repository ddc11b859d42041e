import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sharedKafka, uniqueName, type TestKafka } from '@penstock/test-broker';
import { runToEnd, type CommandResult } from '@penstock/test-process';
import { expect, onTestFinished, test } from 'vitest';

const main = join(import.meta.dirname, '../src/main.ts');

/** Topics of a test's own, and the tool as an operator runs it. */
async function topicsTool(env: Record<string, string> = {}) {
  const kafka = await sharedKafka();
  const name = uniqueName('topics');
  const names = {
    PENSTOCK_RECEIVER_RAW_TOPIC: `${name}.raw`,
    PENSTOCK_FILTER_RAW_TOPIC: `${name}.raw`,
    PENSTOCK_FILTER_CLEAN_TOPIC: `${name}.clean`,
    PENSTOCK_FILTER_REJECTED_TOPIC: `${name}.rejected`,
    PENSTOCK_FILTER_SEEN_TOPIC: `${name}.seen`,
  };
  const run = (args: readonly string[], more: Record<string, string> = {}): Promise<CommandResult> =>
    runToEnd(
      [process.execPath, main, '--cluster', 'datacenter', '--bootstrap', kafka.bootstrap.join(','), ...args],
      { env: { PATH: process.env['PATH'], ...names, ...env, ...more } },
    );
  return { kafka, name, run };
}

async function change(kafka: TestKafka, topic: string, setting: string): Promise<void> {
  const { stdout } = await kafka.tool('kafka-configs', [
    ...['--alter', '--entity-type', 'topics', '--entity-name', topic, '--add-config', setting],
  ]);
  expect(String(stdout)).toContain('Completed');
}

/** A catalogue of a deployer's own, outside of the checkout. */
async function catalogueRouting(routes: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'penstock-topics-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'catalogue.ts');
  const written = JSON.stringify(routes);
  await writeFile(path, `export default (events) => ({ ...events.builtInCatalogue, routes: ${written} });`);
  return path;
}

test('a catalogue that is none makes no topic, and says why', async () => {
  const { run } = await topicsTool();
  const catalogue = await catalogueRouting({ purchase: 'no topic' });
  const refused = await run(['--single-replica', '--catalogue', catalogue]);
  expect(refused).toMatchObject({ exitCode: 2, stdout: '' });
  expect(refused.stderr).toContain(
    'routes["purchase"]: found "no topic", expected the name of a Kafka topic',
  );
});

test('topics are made with room for what the services are configured with, and fit their check', async () => {
  const { name, run } = await topicsTool({
    PENSTOCK_RECEIVER_BODY_BYTES_MAX: '8MiB',
    PENSTOCK_FILTER_DEDUP_WINDOW_MS: '7200000',
    PENSTOCK_FILTER_BATCH_BYTES: '12MiB',
  });
  const catalogue = await catalogueRouting({ purchase: `${name}.purchases`, refund: `${name}.purchases` });
  const made = await run(['--single-replica', '--partitions', '3', '--catalogue', catalogue]);
  expect(made).toMatchObject({ exitCode: 0, stderr: '' });
  expect(made.stdout).toContain(`PENSTOCK_MIRROR_TOPICS=${name}.clean,${name}.purchases\n`);
  for (const kind of ['raw', 'clean', 'rejected', 'seen', 'purchases']) {
    expect(made.stdout).toContain(`created ${name}.${kind}\n`);
  }
  const checked = await run(['--single-replica', '--check', '--routed', `${name}.purchases`]);
  expect(checked).toEqual({ exitCode: 0, stdout: '5 topics are as needed\n', stderr: '' });

  const grown = await run(['--single-replica', '--check'], {
    PENSTOCK_RECEIVER_BODY_BYTES_MAX: '16MiB',
    PENSTOCK_FILTER_DEDUP_WINDOW_MS: '14400000',
  });
  expect(grown.exitCode).toBe(1);
  expect(grown.stdout).toContain(`topic ${name}.raw: max.message.bytes is `);
  expect(grown.stdout).toContain(`topic ${name}.seen: retention.ms is 10800000, needs 14400000 or more`);
});

test('compaction, and a retention that is too short, are told', async () => {
  const { kafka, name, run } = await topicsTool();
  expect(await run(['--single-replica', '--partitions', '1'])).toMatchObject({ exitCode: 0 });
  await change(kafka, `${name}.raw`, 'cleanup.policy=compact');
  await change(kafka, `${name}.clean`, 'cleanup.policy=[compact,delete]');
  await change(kafka, `${name}.rejected`, 'retention.ms=60000');
  const { exitCode, stdout } = await run(['--single-replica', '--check']);
  expect(exitCode).toBe(1);
  expect(stdout.trim().split('\n')).toEqual([
    expect.stringContaining(`topic ${name}.raw: cleanup.policy is compact, needs delete: compaction removes`),
    expect.stringContaining(`topic ${name}.clean: cleanup.policy is compact,delete, needs delete`),
    expect.stringContaining(`topic ${name}.rejected: retention.ms is 60000, needs 86400000 or more`),
  ]);
});

test('too few brokers for three replicas is said in words that name the flag', async () => {
  const { name, run } = await topicsTool();
  const { exitCode, stdout, stderr } = await run([]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
  expect(stderr).toContain(`${name}.raw`);
  expect(stderr).toMatch(/3 replicas need as many brokers, and 1 of this cluster answer.*--single-replica/);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});

test('the flags are those of every tool: a wrong one names the nearest, help starts nothing', async () => {
  const { run } = await topicsTool();
  expect(await run(['--singel-replica'])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('unknown flag --singel-replica; did you mean --single-replica?'),
  });
  expect(await run(['--partitions', '0'])).toMatchObject({ exitCode: 2 });
  expect(await run(['--partitions', 'help', '-h'])).toMatchObject({ exitCode: 0, stderr: '' });
  const raw = { PENSTOCK_RECEIVER_RAW_TOPIC: 'other' };
  expect(await run(['--check'], raw)).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('what one writes, the other would not read'),
  });
});
