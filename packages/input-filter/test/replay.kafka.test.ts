import { rejectedHeaders } from '@penstock/events';
import type { Cluster } from '@penstock/kafka';
import { sharedKafka, type TestKafka } from '@penstock/test-broker';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import {
  createFilterTopics,
  FilterProcess,
  runFilterCommand,
  startFilterCommand,
  type FilterTopics,
} from './filter-process.ts';
import { numbersIn, range, request } from './numbered-events.ts';
import { rawRecord } from './raw-records.ts';
import { clientOf, read, write } from './topic-io.ts';

/** A rule that is wrong: it quarantines every event whose id ends in an odd digit. */
const wrongRule = `export default (events: any) => ({
  ...events.builtInCatalogue,
  fixes: [...events.builtInCatalogue.fixes, {
    id: 'wrong-rule', issue: 'Every id that ends in an odd digit (invented)',
    types: null, formats: [2], outcome: 'quarantined',
    clients: [{ name: 'penstock-web', versions: '*' }],
    detect: (event: any) => /[13579]$/.test(event.id), apply: (event: any) => event,
    since: '2026-11-28', retireWhen: 'now',
    examples: [{
      format: 2, receivedAtMs: 1_780_000_000_000, broken: { id: 'a1' }, repaired: null,
      outside: { id: 'a1' }, healthy: { id: 'a2' },
    }],
  }],
});\n`;

async function catalogueFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'penstock-replay-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'catalogue.ts');
  await writeFile(path, wrongRule);
  return path;
}

interface Account {
  selected: number;
  replayed: number;
  before: number;
  copies: number;
}

async function replay(kafka: TestKafka, topics: FilterTopics, ...args: string[]): Promise<Account> {
  const ended = await runFilterCommand(kafka, topics, ['replay', ...args]);
  if (ended.exitCode !== 0) throw new Error(`replay ended with ${ended.exitCode}: ${ended.stderr}`);
  return JSON.parse(ended.stdout) as Account;
}

/** A filter whose window is over long before the next replay. */
function startFilter(
  kafka: TestKafka,
  topics: FilterTopics,
  env: Record<string, string>,
): Promise<FilterProcess> {
  return FilterProcess.start(kafka, topics, {
    PENSTOCK_FILTER_DEDUP_WINDOW_MS: '1000',
    PENSTOCK_FILTER_COMMIT_INTERVAL_MS: '10',
    ...env,
  });
}

/** Everything that is in raw now. */
async function filtered(filter: FilterProcess, cluster: Cluster, topics: FilterTopics): Promise<void> {
  const end = (await read(cluster, topics.raw)).at(-1)!.offset + 1n;
  await filter.until(
    async () => BigInt((await filter.partitions())[0]?.committed ?? -1) >= end,
    `everything below ${end} is committed`,
  );
}

const sorted = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b);

test('a replay after a corrected rule gives each event once, killed, repeated or late', async () => {
  const kafka = await sharedKafka();
  const topics = await createFilterTopics(kafka);
  const cluster = await clientOf(kafka);
  const wrong = { PENSTOCK_FILTER_CATALOGUE: await catalogueFile() };
  const plain = request(range(0, 40), 2);
  const packed = { ...plain, value: gzipSync(plain.value!) };
  const record = { ...packed, headers: [...plain.headers!, ['content-encoding', 'gzip'] as const] };
  const resent = request([41], 2);
  const bad = rawRecord({ body: Buffer.from('{"'), hint: '2' });
  await write(cluster, topics.raw, [record, bad, request([40], 2), resent, resent]);
  const first = await startFilter(kafka, topics, wrong);
  await filtered(first, cluster, topics);
  expect(await first.stop()).toBe(0);
  expect(sorted(await numbersIn(cluster, topics.clean))).toEqual(range(0, 41).filter((n) => n % 2 === 0));

  const rule = ['--rule', 'wrong-rule'];
  const rawBefore = (await read(cluster, topics.raw)).length;
  const doomed = startFilterCommand(kafka, topics, ['replay', ...rule, '--per-second', '4']);
  await doomed.until(
    async () => (await read(cluster, topics.raw)).length > rawBefore,
    'something is replayed',
    { timeoutMs: 120_000 },
  );
  await doomed.kill();
  const corrected = await startFilter(kafka, topics, {});
  const second = await replay(kafka, topics, ...rule);
  expect(second.before).toBeGreaterThan(0);
  expect(second).toMatchObject({ selected: 22, replayed: 21 - second.before, copies: 1 });
  await filtered(corrected, cluster, topics);
  expect(sorted(await numbersIn(cluster, topics.clean))).toEqual(range(0, 42));

  // The window is over, and nothing comes again.
  expect(await replay(kafka, topics, '--all')).toMatchObject({ selected: 23, replayed: 1, before: 21 });
  await filtered(corrected, cluster, topics);
  expect(sorted(await numbersIn(cluster, topics.clean))).toEqual(range(0, 42));
  // The broken request was rejected once more, with its bytes, and may be replayed after the next fix.
  const last = (await read(cluster, topics.rejected)).at(-1)!;
  const headers = new Map(last.headers());
  expect(last.value).toEqual(bad.value);
  expect(headers.get(rejectedHeaders.reason)?.toString()).toBe('invalid-json');
  const again = await replay(kafka, topics, '--reason', 'invalid-json', '--dry-run');
  expect(again).toMatchObject({ dryRun: true, selected: 2, replayed: 1, before: 1 });
  expect(await corrected.stop()).toBe(0);
});

test('replay refuses what makes no sense, and says what would', async () => {
  const kafka = await sharedKafka();
  const topics = await createFilterTopics(kafka);
  const run = (...args: string[]) => runFilterCommand(kafka, topics, ['replay', ...args]);
  const ended = await Promise.all([
    run(),
    run('--reason', 'duplicate-conflict'),
    run('--all', '--partition', '7', '--dry-run'),
  ]);
  expect(ended).toMatchObject([
    { exitCode: 2, stderr: expect.stringContaining('say what to replay') },
    { exitCode: 2, stderr: expect.stringContaining('never replayed') },
    { exitCode: 1, stderr: expect.stringContaining('partitions 0 to 0') },
  ]);
});
