import { randomUUID } from 'node:crypto';
import { memberIdOf } from '@penstock/kafka';
import { expect, test } from 'vitest';
import { isMirror, strangerInWords } from './strangers.ts';

test('mirrors are known by their member ids, and nobody else is', () => {
  for (const name of ['mirror.fra.one', 'mirror.fra.host-17', 'mirror.ams.x']) {
    expect(isMirror(memberIdOf(name))).toBe(true);
  }
  // A random UUID, one of Java's, and what older clients have.
  for (const id of [randomUUID(), 'Xk3mVxVdSIKRpDMcJz1ZqQ', 'console-consumer-b1946ac9', '']) {
    expect(isMirror(id)).toBe(false);
  }
});

test('a stranger is told by its name, its place and what it holds', () => {
  const stranger = { memberId: 'x', clientId: 'console-consumer', host: '/10.0.0.7', shards: [1, 3] };
  expect(strangerInWords(stranger, 'mirror.fra')).toBe(
    'console-consumer at /10.0.0.7 has joined the group mirror.fra, is not a mirror, and holds shard 1, 3',
  );
});
