/** A partition as the group protocol names it, "topic id:partition": a topic made anew is another. */
export type AssignedPartition = string;

/** Where a member of a KIP-848 group stands. Immutable; `advance` gives the next. */
export interface Membership {
  /** member: heartbeats go out (epoch 0 joins); dropping: fenced, they wait until everything is dropped. */
  readonly phase: 'member' | 'dropping' | 'failed';
  readonly epoch: number;
  /** What this member works on and reports as owned; being revoked counts until that is done. */
  readonly owned: ReadonlySet<AssignedPartition>;
  /** What the broker wants it to own. */
  readonly target: ReadonlySet<AssignedPartition>;
  /** The callback under way, and the partitions it was given. */
  readonly callback: { kind: 'revoking' | 'assigning'; partitions: readonly AssignedPartition[] } | undefined;
  /** Counts the changes of `owned`: tells which answers were given to a report that is out of date. */
  readonly report: number;
  /** Times of the fencings of the last minute, ms. */
  readonly fencedAtMs: readonly number[];
}

export type MembershipEvent =
  /** A heartbeat that carried `report` was answered without an error. */
  | { kind: 'answered'; epoch: number; assignment: readonly AssignedPartition[] | undefined; report: number }
  /** FENCED_MEMBER_EPOCH, UNKNOWN_MEMBER_ID or GROUP_ID_NOT_FOUND: the broker gave the partitions away. */
  | { kind: 'fenced'; nowMs: number }
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

const fencingsMax = 5;
const fencingWindowMs = 60_000;

export const newMembership: Membership = {
  phase: 'member',
  epoch: 0,
  owned: new Set(),
  target: new Set(),
  callback: undefined,
  report: 0,
  fencedAtMs: [],
};

/**
 * One step of the member's life, without any input or output.
 *
 * Nothing is added on the word of an answer to an outdated report. It would go wrong like this: the broker grants p; this member, still revoking
 * p for an earlier answer, ends that and reports to own nothing; the broker, which has changed its mind meanwhile, gives p to another member; this
 * one takes p back by the old grant. So after a revocation it waits for the answer to its report.
 */
export function advance(now: Membership, event: MembershipEvent): Advance {
  if (now.phase === 'failed') return { membership: now, effects: [] };
  switch (event.kind) {
    case 'answered':
      return onAnswered(now, event);
    case 'fenced':
      return onFenced(now, event.nowMs);
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

/** Revocations first, one callback at a time; additions only when the broker has seen what is owned. */
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
  // Fenced meanwhile: `drop` took over, and nothing is owned any more.
  if (!done || now.phase !== 'member') return { membership: free, effects: [] };
  if (done.kind === 'assigning') return reconcile(free, false);
  const owned = now.owned.difference(new Set(done.partitions));
  return { membership: { ...free, owned, report: now.report + 1 }, effects: [{ kind: 'heartbeat' }] };
}

function onFenced(now: Membership, nowMs: number): Advance {
  if (now.phase !== 'member') return { membership: now, effects: [] };
  const fencedAtMs = [...now.fencedAtMs.filter((atMs) => atMs > nowMs - fencingWindowMs), nowMs];
  const gone: Membership = {
    ...now,
    phase: 'dropping',
    epoch: 0,
    owned: new Set(),
    target: new Set(),
    report: now.report + 1,
    fencedAtMs,
  };
  const drop: MembershipEffect = { kind: 'drop', partitions: [...now.owned] };
  if (fencedAtMs.length < fencingsMax) return { membership: gone, effects: [drop] };
  const reason =
    `fenced ${fencingsMax} times within ${fencingWindowMs / 1000} s: two processes seem to share one member id, ` +
    'or revocations take longer than the rebalance timeout';
  return { membership: { ...gone, phase: 'failed' }, effects: [drop, { kind: 'fail', reason }] };
}
