import { rawHeaders, rejectedHeaders } from '@penstock/events';
import type { OutgoingRecord } from '@penstock/kafka';
import { sharedKafka } from '@penstock/test-broker';
import { expect, test } from 'vitest';
import { createFilterTopics, runFilterCommand, startFilterCommand } from './filter-process.ts';
import { numbersIn, range, request } from './numbered-events.ts';
import { clientOf, read, write } from './topic-io.ts';

const beganMs = Date.now() - 3_600_000;

/** A request as a Receiver wrote it so many seconds after the beginning. */
function receivedAt(seconds: number, numbers: readonly number[], bytes?: number): OutgoingRecord {
  const record = request(numbers, 3, bytes);
  const timestampMs = beganMs + seconds * 1_000;
  const headers = record.headers!.map(([name, value]): [string, string] => [
    name,
    name === rawHeaders.receivedAt ? String(timestampMs) : String(value),
  ]);
  return { ...record, headers, timestampMs };
}

/** What `input-filter replay` made of the request at a raw offset. */
function replayed(record: OutgoingRecord, sourceOffset: number): OutgoingRecord {
  const more: [string, string][] = [
    [rawHeaders.replays, '1'],
    [rejectedHeaders.sourcePartition, '0'],
    [rejectedHeaders.sourceOffset, String(sourceOffset)],
  ];
  return { ...record, headers: [...record.headers!, ...more] };
}

const at = (seconds: number) => new Date(beganMs + seconds * 1_000).toISOString();

test('what was received in some time is filtered anew, each event once, killed or not', async () => {
  const kafka = await sharedKafka();
  const topics = await createFilterTopics(kafka);
  const cluster = await clientOf(kafka);
  // One request a second, those of the time [100 s, 180 s) large enough for several transactions.
  const requests = range(0, 200).map((n) => receivedAt(n, [n], n >= 100 && n < 180 ? 80_000 : undefined));
  const [early, inside] = [requests[95]!, requests[120]!];
  const again = (record: OutgoingRecord, seconds: number) => ({
    ...record,
    timestampMs: beganMs + seconds * 1_000,
  });
  requests.splice(126, 0, again(inside, 125.5)); // resent in that time
  requests.splice(106, 0, again(early, 105.5)); // received before it: the event is in clean
  requests.splice(150, 0, replayed(receivedAt(147.5, [300]), 110), replayed(receivedAt(147.5, [301]), 5));
  await write(cluster, topics.raw, requests);

  const into = `${topics.clean}.again`;
  const args = ['reprocess', '--from', at(100), '--to', at(180), '--into', into];
  const doomed = startFilterCommand(kafka, topics, args);
  const written = async () => (await read(cluster, into).catch(() => [])).length;
  await doomed.until(async () => (await written()) > 0, 'something is written', { timeoutMs: 120_000 });
  await doomed.kill();

  const second = await runFilterCommand(kafka, topics, args);
  expect(second).toMatchObject({ exitCode: 0 });
  const expected = [...range(100, 180), 301].toSorted((a, b) => a - b);
  expect((await numbersIn(cluster, into)).toSorted((a, b) => a - b)).toEqual(expected);
  const account = JSON.parse(second.stdout) as { partitions: object[] };
  expect(account.partitions).toMatchObject([{ start: '100', end: '184', position: '184' }]);

  const refusals = [
    { args, exitCode: 0, says: '"requests": 0' },
    {
      args: [...args.slice(0, 3), '--to', at(170), '--into', into],
      exitCode: 1,
      says: 'another reprocessing',
    },
    { args: [...args.slice(0, -1), topics.clean], exitCode: 1, says: 'a topic of the pipeline' },
    { args: args.slice(0, -2), exitCode: 2, says: 'needs --from T, --to T and --into TOPIC' },
  ];
  const ended = await Promise.all(refusals.map((each) => runFilterCommand(kafka, topics, each.args)));
  expect(ended.map(({ exitCode }) => exitCode)).toEqual(refusals.map(({ exitCode }) => exitCode));
  for (const [n, { says }] of refusals.entries()) expect(ended[n]!.stdout + ended[n]!.stderr).toContain(says);
  expect(await written()).toBe(expected.length);
});
