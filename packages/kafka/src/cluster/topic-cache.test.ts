import { expect, test } from 'vitest';
import { TopicCache } from './topic-cache.ts';

const id = '00000000-0000-0000-0000-000000000001';

test('an older leader epoch of the same topic never replaces a newer one', () => {
  const topics = new TopicCache();
  topics.put({ name: 't', id, partitions: [{ leader: 2, leaderEpoch: 5 }] });
  topics.put({ name: 't', id, partitions: [{ leader: 1, leaderEpoch: 4 }] });
  expect(topics.get('t')?.partitions[0]).toEqual({ leader: 2, leaderEpoch: 5 });
});

test('a topic that was created again is another topic', () => {
  const topics = new TopicCache();
  topics.put({ name: 't', id, partitions: [{ leader: 2, leaderEpoch: 5 }] });
  topics.put({ name: 't', id: id.replace('1', '2'), partitions: [{ leader: 1, leaderEpoch: 0 }] });
  expect(topics.get('t')?.partitions[0]?.leaderEpoch).toBe(0);
  expect(topics.getById(id)).toBeUndefined();
});

test('a hint counts only when it is newer', () => {
  const topics = new TopicCache();
  topics.put({ name: 't', id, partitions: [{ leader: 2, leaderEpoch: 5 }] });
  expect(topics.hint('t', 0, 3, 5)).toBe(false);
  expect(topics.hint('t', 0, 3, 6)).toBe(true);
  expect(topics.get('t')?.partitions[0]).toEqual({ leader: 3, leaderEpoch: 6 });
});
