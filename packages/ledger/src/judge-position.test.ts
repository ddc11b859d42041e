import { expect, test } from 'vitest';
import { answerPause, type Answer } from './answer-pause.ts';
import { judgeNewPartition, judgePosition, type SourceState } from './judge-position.ts';
import type { PartitionPosition, PauseKind } from './positions.ts';

const recorded: PartitionPosition = {
  topic: 'events.clean',
  topicId: 'first',
  partition: 3,
  position: 100n,
  leaderEpoch: 4,
  lastTargetOffset: 70n,
  retired: false,
  pause: null,
};
const source: SourceState = { topicId: 'first', earliest: 0n, end: 500n };
const target = { end: 90n };

test.each<[string, Partial<PartitionPosition>, SourceState | undefined, bigint, object]>([
  ['a position inside the log is fetched', {}, source, 90n, { kind: 'fetch' }],
  ['so is one at the very end', { position: 500n }, source, 90n, { kind: 'fetch' }],
  ['and one at the log start', { position: 0n }, source, 90n, { kind: 'fetch' }],
  ['a retired topic that is back under its id goes on', { retired: true }, source, 90n, { kind: 'fetch' }],
  ['a topic that is gone keeps its position', {}, undefined, 90n, { kind: 'retired' }],
  [
    'another id under the same name is not the topic, though the offset would fit',
    {},
    { ...source, topicId: 'second' },
    90n,
    { kind: 'paused', pause: { kind: 'recreated', from: 0n, to: 500n } },
  ],
  [
    'what retention deleted before it was copied is named exactly',
    {},
    { ...source, earliest: 130n },
    90n,
    { kind: 'paused', pause: { kind: 'overtaken', from: 100n, to: 130n } },
  ],
  [
    'a position behind the end is not fetched',
    {},
    { ...source, end: 99n },
    90n,
    { kind: 'paused', pause: { kind: 'beyond-end', from: 99n, to: 100n } },
  ],
  [
    'a target that ends before a copied record has lost it',
    {},
    source,
    70n,
    { kind: 'paused', pause: { kind: 'target-lost', from: 70n, to: 71n } },
  ],
  [
    'a pause stays until it is answered, though the position looks right again',
    { pause: { kind: 'beyond-end', from: 50n, to: 100n } },
    source,
    90n,
    { kind: 'paused', pause: { kind: 'beyond-end', from: 50n, to: 100n } },
  ],
])('%s', (_, change, sourceNow, targetEnd, expected) => {
  expect(judgePosition({ ...recorded, ...change }, sourceNow, { end: targetEnd })).toMatchObject(expected);
});

test.each<[string, string[], bigint, object]>([
  [
    'a partition of a topic that was not there before is copied from its log start',
    [],
    0n,
    { kind: 'fetch' },
  ],
  ['so is a new partition of a known topic', ['first'], 0n, { kind: 'fetch' }],
  ['and of one that was recreated and answered', ['older', 'first'], 0n, { kind: 'fetch' }],
  [
    'a new partition of a recreated topic is not simply new',
    ['older'],
    0n,
    { kind: 'paused', pause: { kind: 'recreated', from: 0n, to: 500n } },
  ],
  [
    'a target partition with records in it is never started',
    ['first'],
    8n,
    { kind: 'paused', pause: { kind: 'target-not-empty', from: 0n, to: 8n } },
  ],
])('%s', (_, known, targetEnd, expected) => {
  expect(judgeNewPartition(new Set(known), source, { end: targetEnd })).toMatchObject(expected);
});

test.each<[PauseKind, Answer['kind'], number]>([
  ['overtaken', 'skip-gap', 130],
  ['overtaken', 'restart', 20],
  ['refused', 'skip-gap', 130],
  ['corrupt', 'skip-gap', -1],
  ['truncated', 'skip-gap', 110],
  ['beyond-end', 'skip-gap', 110],
  ['recreated', 'skip-gap', -1],
  ['recreated', 'restart', 20],
  ['target-lost', 'skip-gap', 100],
  ['target-lost', 'restart', 20],
  ['target-not-empty', 'skip-gap', 100],
  ['refused', 'retry', 100],
  ['recreated', 'retry', -1],
])('a pause of kind %s answered by %s goes on at %s', (kind, answer, expected) => {
  const topicId = kind === 'recreated' ? 'second' : 'first';
  const paused = { ...recorded, pause: { kind, from: 110n, to: 130n } };
  const answered = answerPause(paused, { kind: answer }, { ...source, topicId, earliest: 20n }, target);
  const resumed = { position: { position: BigInt(expected), pause: null, retired: false } };
  expect(answered).toMatchObject(expected < 0 ? { kind: 'refused' } : resumed);
});

test('the answer does not skip what retention deleted since: it begins where the log begins now', () => {
  const paused = { ...recorded, pause: { kind: 'overtaken' as const, from: 100n, to: 130n } };
  const answered = answerPause(paused, { kind: 'skip-gap' }, { ...source, earliest: 180n }, target);
  expect(answered).toMatchObject({ position: { position: 180n } });
});

test('an answer to a partition that is not paused, or that is gone, is refused', () => {
  expect(answerPause(recorded, { kind: 'restart' }, source, target)).toMatchObject({
    why: 'the partition is not paused',
  });
  const paused = { ...recorded, pause: { kind: 'overtaken' as const, from: 100n, to: 130n } };
  expect(answerPause(paused, { kind: 'restart' }, undefined, target).kind).toBe('refused');
  expect(answerPause(paused, { kind: 'skip-gap' }, { ...source, topicId: 'second' }, target).kind).toBe(
    'refused',
  );
});

test('an operator may say where to go on behind a corrupt batch, inside the log only', () => {
  const paused = { ...recorded, pause: { kind: 'corrupt' as const, from: 100n, to: 100n } };
  const answers = [99n, 100n, 500n, 501n].map((to) =>
    answerPause(paused, { kind: 'skip-gap', to }, source, target),
  );
  expect(answers.map(({ kind }) => kind)).toEqual(['refused', 'resumed', 'resumed', 'refused']);
});
