/**
 * A partition in the terms of the group protocol, "topic id:partition". A topic that was created again has
 * another id.
 */
export type AssignedPartition = string;

/** The state of a member of a KIP-848 group. It is immutable; `advance` makes the next one. */
export interface Membership {
  /**
   * member: heartbeats are sent (epoch 0 joins). dropping: fenced; heartbeats wait until everything is
   * dropped.
   */
  readonly phase: 'member' | 'dropping' | 'failed';
  readonly epoch: number;
  /**
   * What this member works on and reports as owned. Partitions that are being revoked count until that is
   * done.
   */
  readonly owned: ReadonlySet<AssignedPartition>;
  /** What the broker wants it to own. */
  readonly target: ReadonlySet<AssignedPartition>;
  /** The callback under way, and the partitions it was given. */
  readonly callback: { kind: 'revoking' | 'assigning'; partitions: readonly AssignedPartition[] } | undefined;
  /** Counts the changes of `owned`. It tells whether an answer was given to an outdated report. */
  readonly report: number;
}

export type MembershipEvent =
  /** A heartbeat that carried `report` was answered without an error. */
  | { kind: 'answered'; epoch: number; assignment: readonly AssignedPartition[] | undefined; report: number }
  /** FENCED_MEMBER_EPOCH, UNKNOWN_MEMBER_ID or GROUP_ID_NOT_FOUND: the broker gave the partitions away. */
  | { kind: 'fenced'; repeatedly: boolean }
  | { kind: 'revoked' }
  | { kind: 'assigned' }
  | { kind: 'dropped' };

export type MembershipEffect =
  | { kind: 'revoke'; partitions: readonly AssignedPartition[] }
  | { kind: 'assign'; partitions: readonly AssignedPartition[] }
  | { kind: 'drop'; partitions: readonly AssignedPartition[] }
  | { kind: 'heartbeat' }
  | { kind: 'fail'; reason: string };

export interface Advance {
  membership: Membership;
  effects: MembershipEffect[];
}

export const newMembership: Membership = {
  phase: 'member',
  epoch: 0,
  owned: new Set(),
  target: new Set(),
  callback: undefined,
  report: 0,
};

/**
 * One step of the member's life, without any I/O.
 *
 * An answer to an outdated report never adds a partition. Otherwise this could happen:
 * 1. The broker grants p. This member is still revoking p because of an earlier answer.
 * 2. The revocation ends, and the member reports that it owns nothing.
 * 3. The broker has changed its mind meanwhile, and gives p to another member.
 * 4. This member takes p because of the old grant: p has two owners.
 * So after a revocation the member waits for the answer to its report.
 */
export function advance(now: Membership, event: MembershipEvent): Advance {
  if (now.phase === 'failed') return { membership: now, effects: [] };
  switch (event.kind) {
    case 'answered':
      return onAnswered(now, event);
    case 'fenced':
      return onFenced(now, event.repeatedly);
    case 'revoked':
    case 'assigned':
      return onCallbackDone(now);
    case 'dropped':
      return { membership: { ...now, phase: 'member' }, effects: [{ kind: 'heartbeat' }] };
  }
}

function onAnswered(now: Membership, event: MembershipEvent & { kind: 'answered' }): Advance {
  if (now.phase !== 'member') return { membership: now, effects: [] };
  const target = event.assignment ? new Set(event.assignment) : now.target;
  return reconcile({ ...now, epoch: event.epoch, target }, event.report === now.report);
}

/** Revokes first, with one callback at a time. Adds only when the broker has seen the latest report. */
function reconcile(now: Membership, reportSeen: boolean): Advance {
  if (now.callback) return { membership: now, effects: [] };
  const surplus = [...now.owned.difference(now.target)];
  if (surplus.length > 0) {
    const callback = { kind: 'revoking' as const, partitions: surplus };
    return { membership: { ...now, callback }, effects: [{ kind: 'revoke', partitions: surplus }] };
  }
  const missing = [...now.target.difference(now.owned)];
  if (missing.length === 0 || !reportSeen) return { membership: now, effects: [] };
  const callback = { kind: 'assigning' as const, partitions: missing };
  const membership = { ...now, owned: now.owned.union(now.target), callback, report: now.report + 1 };
  return { membership, effects: [{ kind: 'assign', partitions: missing }] };
}

function onCallbackDone(now: Membership): Advance {
  const done = now.callback;
  const free = { ...now, callback: undefined };
  // It was fenced meanwhile: everything is being dropped, and nothing is owned any more.
  if (!done || now.phase !== 'member') return { membership: free, effects: [] };
  if (done.kind === 'assigning') return reconcile(free, false);
  const owned = now.owned.difference(new Set(done.partitions));
  return { membership: { ...free, owned, report: now.report + 1 }, effects: [{ kind: 'heartbeat' }] };
}

function onFenced(now: Membership, repeatedly: boolean): Advance {
  if (now.phase !== 'member') return { membership: now, effects: [] };
  const gone: Membership = {
    ...now,
    phase: 'dropping',
    epoch: 0,
    owned: new Set(),
    target: new Set(),
    report: now.report + 1,
  };
  const drop: MembershipEffect = { kind: 'drop', partitions: [...now.owned] };
  if (!repeatedly) return { membership: gone, effects: [drop] };
  const reason =
    'fenced again and again: two processes may share one member id, ' +
    'or revocations take longer than the rebalance timeout';
  return { membership: { ...gone, phase: 'failed' }, effects: [drop, { kind: 'fail', reason }] };
}
