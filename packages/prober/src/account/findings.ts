/** Where a probe is looked for, in the order in which it gets there. */
export const hops = ['raw', 'clean', 'master'] as const;

export type Hop = (typeof hops)[number];

/**
 * What the Receiver said of a probe. `unknown`: no definite answer by the sender's deadline; it may be
 * stored or not, and neither is wrong. Only an acknowledged probe can be lost.
 */
export type Answer = 'acknowledged' | 'rejected' | 'unknown';

/** Whether a probe belongs into clean and master, or must be filtered out on the way. */
export type Expectation = 'arrives' | 'filtered';

/**
 * What the account found, each with its hop:
 *
 * - ok: arrived in order, with the content that was expected
 * - lost: acknowledged, seen at the hop before this one, and not here by the deadline
 * - unjudged: as lost, but records of this hop were gone before they were read: it may have been among them
 * - late: it was called lost, and arrived after all; the net loss is lost - late
 * - duplicate: a second copy. In raw that is normal after a resend, and then called duplicate-after-retry
 * - reordered: after a later probe of its key
 * - mismatch: its content is not what it was made from
 * - phantom: refused by the Receiver, and yet it is here
 * - leaked: had to be filtered out, and was not
 * - unmatched: of this run, but too old to be in the window, or never sent
 */
export const findingKinds = [
  'ok',
  'lost',
  'unjudged',
  'late',
  'duplicate',
  'duplicate-after-retry',
  'reordered',
  'mismatch',
  'phantom',
  'leaked',
  'unmatched',
] as const;

export type FindingKind = (typeof findingKinds)[number];

/** The kinds that break the pipeline's promise. */
export const violations: ReadonlySet<FindingKind> = new Set([
  'lost',
  'duplicate',
  'reordered',
  'mismatch',
  'phantom',
  'leaked',
]);

export interface Finding {
  readonly kind: FindingKind;
  readonly hop: Hop;
  readonly sequence: number;
  /** From the first send to the arrival, ms; only for what arrived and is known. */
  readonly latencyMs?: number;
}
