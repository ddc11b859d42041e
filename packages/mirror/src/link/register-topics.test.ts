import type { Genesis, RegisteredTopic } from '@penstock/ledger';
import { expect, test } from 'vitest';
import { partitionsNeeded, rangesInWords, registerTopics, targetName } from './register-topics.ts';

const identity = targetName('identity', 'fra');
const clean = {
  name: 'events.clean',
  width: undefined,
  source: { id: 'id', partitions: 12 },
  origins: [],
};

test('the first link takes the first partitions, the next those after them', () => {
  const first = topicsOf(registerTopics([clean], [], [], identity));
  expect(first).toEqual([
    {
      name: 'events.clean',
      id: 'id',
      partitions: 12,
      target: 'events.clean',
      ranges: [{ first: 0, width: 12 }],
      origins: [],
    },
  ]);
  const second = topicsOf(registerTopics([{ ...clean, width: 24 }], [], [genesis(first)], identity));
  expect(second).toMatchObject([{ ranges: [{ first: 12, width: 24 }] }]);
  expect(partitionsNeeded('events.clean', second)).toBe(36);
  const third = topicsOf(registerTopics([clean], [], [genesis(first), genesis(second)], identity));
  expect(third).toMatchObject([{ ranges: [{ first: 36, width: 12 }] }]);
});

test('a range never moves; it grows if nobody has what follows it, and else goes on after the others', () => {
  const first = topicsOf(registerTopics([clean], [], [], identity));
  const wider = { ...clean, source: { id: 'id', partitions: 16 } };
  expect(topicsOf(registerTopics([wider], first, [], identity))).toMatchObject([
    { ranges: [{ first: 0, width: 16 }], partitions: 12 },
  ]);
  const second = topicsOf(registerTopics([clean], [], [genesis(first)], identity));
  const beside = topicsOf(registerTopics([wider], first, [genesis(second)], identity));
  const ranges = [
    { first: 0, width: 12 },
    { first: 24, width: 4 },
  ];
  expect(beside).toMatchObject([{ ranges, partitions: 12 }]);
  expect(rangesInWords(ranges)).toBe('0 to 11 and 24 to 27');
  // The last range grows where it is; the neighbour, in turn, goes on after it.
  const widest = { ...clean, source: { id: 'id', partitions: 20 } };
  expect(topicsOf(registerTopics([widest], beside, [genesis(second)], identity))).toMatchObject([
    { ranges: [ranges[0], { first: 24, width: 8 }] },
  ]);
  expect(topicsOf(registerTopics([wider], second, [genesis(beside)], identity))).toMatchObject([
    {
      ranges: [
        { first: 12, width: 12 },
        { first: 28, width: 4 },
      ],
    },
  ]);
});

test('the same again changes nothing, not even when the topic is gone', () => {
  const first = topicsOf(registerTopics([clean], [], [], identity));
  expect(topicsOf(registerTopics([clean], first, [], identity))).toEqual(first);
  expect(topicsOf(registerTopics([{ ...clean, source: undefined }], first, [], identity))).toEqual(first);
});

test('a topic that is not there yet needs a width', () => {
  const later = { name: 'events.purchase', width: undefined, source: undefined, origins: [] };
  expect(registerTopics([later], [], [], identity)).toMatchObject({ kind: 'refused' });
  expect(topicsOf(registerTopics([{ ...later, width: 6 }], [], [], identity))).toMatchObject([
    { id: null, partitions: 0, ranges: [{ first: 0, width: 6 }] },
  ]);
});

test('under prefix naming each link has topics of its own', () => {
  const topics = topicsOf(registerTopics([clean], [], [], targetName('prefix', 'fra')));
  expect(topics).toMatchObject([{ target: 'fra.events.clean', ranges: [{ first: 0, width: 12 }] }]);
});

function topicsOf(registered: ReturnType<typeof registerTopics>): readonly RegisteredTopic[] {
  return registered.kind === 'registered' ? registered.topics : [];
}

function genesis(topics: readonly RegisteredTopic[]): Genesis {
  return { link: 'x', shards: 4, sourceClusterId: 'a', targetClusterId: 'b', generation: 1, topics };
}
