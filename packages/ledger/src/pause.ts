/** Why a partition is paused. The ledger stores the place in this list: add at the end only. */
export const pauseKinds = [
  'truncated', // the source lost records that were copied: [from, to) exists on the target only
  'recreated', // the source topic has another id: [from, to) is in the new one, and none of it is copied
  'overtaken', // retention deleted [from, to) before it was copied
  'beyond-end', // the position lies beyond the end of the source: [from, to) is gone there
  'target-lost', // the target lost copied records: target offsets [from, to)
  'target-not-empty', // a partition without a position whose target partition has records: offsets [from, to)
  'refused', // the target does not take the records [from, to)
  'corrupt', // the records [from, to) of the source fail their checksum
  'deleted', // the source topic was deleted before [from, to) was copied
  'old-format', // the records [from, to) are of message format 0 or 1, which is not copied
  'not-authorized', // an ACL on one of the two topics is missing
  'target-settings', // the settings of the target topic would change the copies, or delete them too early
  'failing', // a broker refuses the topic for another reason
] as const;

export type PauseKind = (typeof pauseKinds)[number];

/** Why a partition is not copied, and which offsets that concerns. */
export interface Pause {
  readonly kind: PauseKind;
  /** First offset concerned. Equal to `to` when no record is concerned. */
  readonly from: bigint;
  /** One past the last. */
  readonly to: bigint;
  /** When it began, ms since 1970; null in ledgers of the first version. */
  readonly sinceMs: number | null;
  /** What an operator needs to know beside the kind. */
  readonly detail: string;
}

/** These end when their cause is gone. All others wait until an operator says how to go on. */
const passing: ReadonlySet<PauseKind> = new Set(['deleted', 'not-authorized', 'target-settings', 'failing']);

/** Whether a partition goes on by itself as soon as its cause is gone. */
export function endsByItself(pause: Pause): boolean {
  return passing.has(pause.kind);
}
