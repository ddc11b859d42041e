import { sharedKafka } from '@penstock/test-broker';
import { expect, test } from 'vitest';
import { RebuildTurns } from '../src/partition/rebuild-turns.ts';
import { takeOverPartition, type TakenOver } from '../src/partition/take-over-partition.ts';
import { filterTopics } from '../src/topics.ts';
import { createFilterTopics } from './filter-process.ts';
import { leaveHistory, type SeenBefore } from './seen-history.ts';
import { clientOf } from './topic-io.ts';

const windowMs = 60_000;
const ids = 100;
const signal = new AbortController().signal;

/**
 * A record a second.
 * @param streamSpeed of the Receivers' clock beside the filter's. @param lastAgoMs its end.
 */
function seconds(count: number, streamSpeed = 1, lastAgoMs = 0): SeenBefore[] {
  return Array.from({ length: count }, (_, n) => {
    const commitAgoMs = lastAgoMs + (count - 1 - n) * 1_000;
    return { commitAgoMs, streamAgoMs: commitAgoMs * streamSpeed, ids };
  });
}

function firstKey(keys: Buffer): Uint32Array {
  return new Uint32Array(new Uint8Array(keys.subarray(0, 24)).buffer);
}

/** One of `ids` keys, with what its transaction has around it: the record, its batch, the header. */
const recordBytes = ids * 24 + 300;
/** The search for the beginning, and the markers. */
const searchBytes = 128 * 1024;

test.each([
  { what: 'the last window of a long log', history: seconds(1_500), records: 60 },
  { what: 'all of a log that is younger', history: seconds(40), records: 40 },
  { what: 'as much after a stop of three hours', history: seconds(1_500, 1, 3 * 3_600_000), records: 60 },
  { what: 'twice as many when the stream was half as fast', history: seconds(1_500, 0.5), records: 120 },
  { what: 'no more when the stream was twice as fast', history: seconds(1_500, 2), records: 60 },
])('a rebuild reads what the window needs: $what', async ({ history, records }) => {
  const kafka = await sharedKafka();
  const topics = await createFilterTopics(kafka);
  const cluster = await clientOf(kafka);
  const keys = await leaveHistory(cluster, topics, 0, history);
  const group = { cluster, id: topics.raw, member: null, topics: filterTopics(topics, {}) };
  const rebuilding = { limits: { windowMs, idsMax: 1 << 20 }, turn: new RebuildTurns().begin() };
  const taken = (await takeOverPartition(0, group, rebuilding, undefined, signal)) as TakenOver;

  expect(taken.kind).toBe('taken-over');
  expect(taken.rebuiltIds).toBe(records * ids);
  expect(taken.rebuiltBytes).toBeLessThan(records * recordBytes + searchBytes);
  const { window } = taken.start;
  const sighting = (of: Buffer) => window.mark(firstKey(of));
  expect(keys.slice(-records).map(sighting)).toEqual(keys.slice(-records).map(() => 'duplicate'));
  expect(keys.slice(0, -records).map(sighting)).toEqual(keys.slice(0, -records).map(() => 'new'));
});

test('a rebuild asks for a turn again and again: it never holds the thread until it is done', async () => {
  const kafka = await sharedKafka();
  const topics = await createFilterTopics(kafka);
  const cluster = await clientOf(kafka);
  const history = Array.from({ length: 40 }, () => ({ commitAgoMs: 0, ids: 10_000 }));
  await leaveHistory(cluster, topics, 0, history);
  const group = { cluster, id: topics.raw, member: null, topics: filterTopics(topics, {}) };
  const turns = new RebuildTurns().begin();
  let asked = 0;
  const turn = () => {
    asked += 1;
    return turns();
  };
  const rebuilding = { limits: { windowMs, idsMax: 1 << 20 }, turn };
  const taken = await takeOverPartition(0, group, rebuilding, undefined, signal);
  expect(taken).toMatchObject({ kind: 'taken-over', rebuiltIds: 400_000 });
  // 5 ms each: no machine marks so many ids in one of them.
  expect(asked).toBeGreaterThan(2);
});
