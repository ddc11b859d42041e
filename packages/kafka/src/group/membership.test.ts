import { describe, expect, test } from 'vitest';
import { advance, newMembership } from './membership.ts';
import type { Membership, MembershipEffect, MembershipEvent } from './membership.ts';

/** Runs events and collects their effects, as "revoke a b". */
function run(from: Membership, ...events: MembershipEvent[]): { membership: Membership; effects: string[] } {
  let membership = from;
  const effects: string[] = [];
  for (const event of events) {
    const step = advance(membership, event);
    membership = step.membership;
    effects.push(...step.effects.map(said));
  }
  return { membership, effects };
}

function said(effect: MembershipEffect): string {
  if (effect.kind === 'heartbeat') return 'heartbeat';
  if (effect.kind === 'fail') return `fail: ${effect.reason}`;
  return [effect.kind, ...effect.partitions].join(' ');
}

function answered(epoch: number, report: number, ...assignment: string[]): MembershipEvent {
  return { kind: 'answered', epoch, report, assignment };
}

const owningAB = run(newMembership, answered(1, 0, 'a', 'b'), { kind: 'assigned' }).membership;

describe('a member', () => {
  test('takes what the first answer grants', () => {
    const { membership, effects } = run(newMembership, answered(1, 0, 'a', 'b'));
    expect(effects).toEqual(['assign a b']);
    expect([...membership.owned]).toEqual(['a', 'b']);
    expect(membership.epoch).toBe(1);
  });

  test('owns a partition until its revocation is done, then reports at once', () => {
    const first = run(owningAB, answered(1, owningAB.report, 'a'));
    expect(first.effects).toEqual(['revoke b']);
    expect([...first.membership.owned], 'while onRevoked runs').toEqual(['a', 'b']);
    const second = run(first.membership, answered(1, owningAB.report, 'a'), { kind: 'revoked' });
    expect(second.effects).toEqual(['heartbeat']);
    expect([...second.membership.owned]).toEqual(['a']);
  });

  test('takes nothing because of an answer to an outdated report', () => {
    const { membership } = run(owningAB, answered(1, owningAB.report, 'a'), { kind: 'revoked' });
    // The broker granted b again before it heard that b was given up. By now b may belong to another member.
    const late = run(membership, answered(2, owningAB.report, 'a', 'b'));
    expect(late.effects).toEqual([]);
    expect([...late.membership.owned]).toEqual(['a']);
    const fresh = run(late.membership, answered(2, membership.report, 'a', 'b'));
    expect(fresh.effects).toEqual(['assign b']);
  });

  test('gives up before it takes, and runs one callback at a time', () => {
    const swap = run(owningAB, answered(2, owningAB.report, 'b', 'c'), answered(2, owningAB.report, 'c'));
    expect(swap.effects).toEqual(['revoke a']);
    const done = run(swap.membership, { kind: 'revoked' });
    const next = run(done.membership, answered(2, done.membership.report, 'c'));
    expect(next.effects).toEqual(['revoke b']);
  });

  test('revokes what the broker took back while it was still being assigned', () => {
    const assigning = run(newMembership, answered(1, 0, 'a', 'b'));
    const { effects } = run(assigning.membership, answered(2, 1, 'a'), { kind: 'assigned' });
    expect(effects).toEqual(['revoke b']);
  });

  test('keeps its assignment when an answer brings none', () => {
    const { membership, effects } = run(owningAB, {
      kind: 'answered',
      epoch: 4,
      report: owningAB.report,
      assignment: undefined,
    });
    expect(effects).toEqual([]);
    expect(membership.epoch).toBe(4);
  });
});

describe('a fenced member', () => {
  test('drops everything, and joins again at epoch 0 only after that', () => {
    const fenced = run(owningAB, { kind: 'fenced', repeatedly: false });
    expect(fenced.effects).toEqual(['drop a b']);
    expect(fenced.membership).toMatchObject({ phase: 'dropping', epoch: 0 });
    expect(fenced.membership.owned.size).toBe(0);
    const rejoined = run(fenced.membership, { kind: 'dropped' });
    expect(rejoined.effects).toEqual(['heartbeat']);
    expect(rejoined.membership.phase).toBe('member');
  });

  test('ignores a revocation that ends after the fencing', () => {
    const revoking = run(owningAB, answered(1, owningAB.report, 'a'));
    const { membership, effects } = run(
      revoking.membership,
      { kind: 'fenced', repeatedly: false },
      { kind: 'revoked' },
      { kind: 'dropped' },
    );
    expect(effects).toEqual(['drop a b', 'heartbeat']);
    expect(membership.callback).toBeUndefined();
    const back = run(membership, answered(7, membership.report, 'a', 'b'));
    expect(back.effects).toEqual(['assign a b']);
  });

  test('fails when it is fenced again and again: its id may be shared', () => {
    const { membership, effects } = run(owningAB, { kind: 'fenced', repeatedly: true });
    expect(effects).toEqual(['drop a b', expect.stringContaining('two processes may share one member id')]);
    expect(membership.phase).toBe('failed');
  });
});
