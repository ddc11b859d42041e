import { rejectedHeaders, type Reason } from '@penstock/events';
import type { HeaderTexts } from '../request/raw-request.ts';

/** What of events.rejected an operator wants replayed. Everything that is named must hold. */
export interface Selection {
  readonly reasons?: readonly Reason[];
  /** Ids of fixes that stopped events. */
  readonly rules?: readonly string[];
  /** When it was received, or replayed last: milliseconds since 1970, from (inclusive) and to (exclusive). */
  readonly fromMs?: number;
  readonly toMs?: number;
}

/** A sample of a conflict: the event with this id is in clean already. */
export const neverReplayed: Reason = 'duplicate-conflict';

/** Nobody asked for such events, so only who names the reason or the rule gets them. */
const onlyWhenNamed: Reason = 'unwanted';

export function isSelected(selection: Selection, headers: HeaderTexts, timestampMs: number): boolean {
  const { reasons, rules, fromMs = -Infinity, toMs = Infinity } = selection;
  if (timestampMs < fromMs || timestampMs >= toMs) return false;
  const reason = headers.get(rejectedHeaders.reason);
  if (reason === undefined || reason === neverReplayed) return false;
  if (reasons !== undefined && !reasons.some((wanted) => wanted === reason)) return false;
  const rule = headers.get(rejectedHeaders.rule);
  if (rules !== undefined && (rule === undefined || !rules.includes(rule))) return false;
  return reason !== onlyWhenNamed || reasons !== undefined || rules !== undefined;
}
