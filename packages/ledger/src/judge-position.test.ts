import { expect, test } from 'vitest';
import { answerPause, type Answer } from './answer-pause.ts';
import { judgeNewPartition, judgePosition, type SourceState } from './judge-position.ts';
import type { Pause, PauseKind } from './pause.ts';
import type { PartitionPosition } from './positions.ts';

const recorded: PartitionPosition = {
  topic: 'events.clean',
  topicId: 'first',
  targetTopicId: 'copy',
  partition: 3,
  position: 100n,
  leaderEpoch: 4,
  lastTargetOffset: 70n,
  sourceEnd: 100n,
  retired: false,
  pause: null,
};
const source: SourceState = { topicId: 'first', earliest: 0n, end: 500n };
const target = { topicId: 'copy', end: 90n };

function pauseOf(kind: PauseKind, from: bigint, to: bigint): Pause {
  return { kind, from, to, sinceMs: 0, detail: '' };
}

test.each<[string, Partial<PartitionPosition>, SourceState | undefined, bigint, object]>([
  ['a position inside the log is fetched', {}, source, 90n, { kind: 'fetch' }],
  ['so is one at the very end', { position: 500n }, source, 90n, { kind: 'fetch' }],
  ['and one at the log start', { position: 0n }, source, 90n, { kind: 'fetch' }],
  ['a retired topic that is back under its id goes on', { retired: true }, source, 90n, { kind: 'fetch' }],
  ['a topic that is gone and was copied whole keeps its position', {}, undefined, 90n, { kind: 'retired' }],
  [
    'a topic that is gone before all of it was copied is a loss, with its range',
    { sourceEnd: 140n },
    undefined,
    90n,
    { kind: 'paused', pause: { kind: 'deleted', from: 100n, to: 140n } },
  ],
  [
    'once accepted, it is gone like any other',
    { sourceEnd: 140n, retired: true },
    undefined,
    90n,
    { kind: 'retired' },
  ],
  [
    'a target topic made again under its name has lost all copies, though it is long enough',
    { targetTopicId: 'older' },
    source,
    90n,
    { kind: 'paused', pause: { kind: 'target-lost', from: 0n, to: 71n } },
  ],
  [
    'a ledger of before, which does not know the target topic, accepts the one that is there',
    { targetTopicId: null },
    source,
    90n,
    { kind: 'fetch' },
  ],
  [
    'a missing right is looked at again, and over when nothing else is wrong',
    { pause: pauseOf('not-authorized', 100n, 100n) },
    source,
    90n,
    { kind: 'fetch' },
  ],
  [
    'a topic that comes back under its id goes on where it was',
    { pause: pauseOf('deleted', 100n, 140n), sourceEnd: 140n },
    source,
    90n,
    { kind: 'fetch' },
  ],
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
    'a position after the end is not fetched',
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
    { pause: pauseOf('beyond-end', 50n, 100n) },
    source,
    90n,
    { kind: 'paused', pause: { kind: 'beyond-end', from: 50n, to: 100n } },
  ],
])('%s', (_, change, sourceNow, targetEnd, expected) => {
  expect(judgePosition({ ...recorded, ...change }, sourceNow, { ...target, end: targetEnd })).toMatchObject(
    expected,
  );
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
  expect(judgeNewPartition(new Set(known), source, { ...target, end: targetEnd })).toMatchObject(expected);
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
  ['old-format', 'skip-gap', 130],
  ['old-format', 'retry', 100],
  ['not-authorized', 'skip-gap', -1],
  ['not-authorized', 'retry', 100],
  ['target-settings', 'retry', 100],
  ['target-not-empty', 'retry', -1],
  ['recreated', 'retry', -1],
])('a pause of kind %s answered by %s goes on at %s', (kind, answer, expected) => {
  const topicId = kind === 'recreated' ? 'second' : 'first';
  const paused = { ...recorded, pause: pauseOf(kind, 110n, 130n) };
  const sourceNow = { ...source, topicId, earliest: 20n };
  const answered = answerPause(paused, { kind: answer }, sourceNow, target);
  const resumed = { position: { position: BigInt(expected), pause: null, retired: false } };
  expect(answered).toMatchObject(expected < 0 ? { kind: 'refused' } : resumed);
});

test('the answer does not skip what retention deleted since: it begins where the log begins now', () => {
  const paused = { ...recorded, pause: pauseOf('overtaken', 100n, 130n) };
  const answered = answerPause(paused, { kind: 'skip-gap' }, { ...source, earliest: 180n }, target);
  expect(answered).toMatchObject({ position: { position: 180n } });
});

test('an answer to a partition that is not paused, or that is gone, is refused', () => {
  expect(answerPause(recorded, { kind: 'restart' }, source, target)).toMatchObject({
    why: 'the partition is not paused',
  });
  const paused = { ...recorded, pause: pauseOf('overtaken', 100n, 130n) };
  expect(answerPause(paused, { kind: 'restart' }, undefined, target).kind).toBe('refused');
  const another = { ...source, topicId: 'second' };
  expect(answerPause(paused, { kind: 'skip-gap' }, another, target).kind).toBe('refused');
});

test.each<[string, Pause, SourceState, bigint]>([
  ['retention went on', pauseOf('refused', 100n, 101n), { ...source, earliest: 180n }, 90n],
  ['it was overtaken, and still is', pauseOf('overtaken', 100n, 130n), { ...source, earliest: 130n }, 90n],
  ['the source ends before it', pauseOf('truncated', 90n, 100n), { ...source, end: 95n }, 90n],
  ['the target still lacks copies', pauseOf('target-lost', 40n, 71n), source, 40n],
])('a retry never moves: refused when %s, and it names the answer that would', (_, pause, now, end) => {
  const answered = answerPause({ ...recorded, pause }, { kind: 'retry' }, now, { ...target, end });
  expect(answered).toMatchObject({ kind: 'refused', why: expect.stringContaining('--skip-gap') });
});

test('that a topic is gone can be accepted, and nothing else', () => {
  const paused = { ...recorded, pause: pauseOf('deleted', 100n, 140n) };
  const answers: Answer[] = [
    { kind: 'skip-gap' },
    { kind: 'skip-gap', to: 120n },
    { kind: 'restart' },
    { kind: 'retry' },
  ];
  const answered = answers.map((answer) => answerPause(paused, answer, undefined, target));
  expect(answered[0]).toMatchObject({ position: { position: 140n, retired: true, pause: null } });
  expect(answered.slice(1).map(({ kind }) => kind)).toEqual(['refused', 'refused', 'refused']);
});

test('after the target topic was made again, its old offsets prove nothing', () => {
  const paused = { ...recorded, pause: pauseOf('target-lost', 0n, 71n) };
  const made = { topicId: 'made again', end: 90n };
  for (const [kind, position] of [
    ['skip-gap', 100n],
    ['restart', 0n],
  ] as const) {
    expect(answerPause(paused, { kind }, source, made)).toMatchObject({
      position: { position, targetTopicId: 'made again', lastTargetOffset: -1n },
    });
  }
});

test('after target-lost any offset of the source may be named: the range is one of the target', () => {
  const paused = { ...recorded, pause: pauseOf('target-lost', 300n, 371n) };
  expect(answerPause(paused, { kind: 'skip-gap', to: 60n }, source, target)).toMatchObject({
    position: { position: 60n, pause: null },
  });
  expect(answerPause(paused, { kind: 'skip-gap', to: 501n }, source, target).kind).toBe('refused');
});

test('an operator may say where to go on after a corrupt batch, inside the log only', () => {
  const paused = { ...recorded, pause: pauseOf('corrupt', 100n, 100n) };
  const answers = [99n, 100n, 500n, 501n].map((to) =>
    answerPause(paused, { kind: 'skip-gap', to }, source, target),
  );
  expect(answers.map(({ kind }) => kind)).toEqual(['refused', 'resumed', 'resumed', 'refused']);
});
