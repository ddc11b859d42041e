import { judge } from '../cluster/errors.ts';
import type { ErrorCode } from '../cluster/errors.ts';

export type ProduceJudgement =
  | 'written'
  | 'again'
  | 'again-under-new-epoch'
  | 'unknown'
  | 'refused'
  | 'fatal';

/**
 * What an answer means for an idempotent batch, by the table of errors.
 * @param oldest nothing older of its partition is unsettled
 * @param maybeStored an earlier send of the same bytes got no definite answer
 */
export function judgeProduce(code: ErrorCode, oldest: boolean, maybeStored: boolean): ProduceJudgement {
  switch (judge('produce', code)) {
    case 'done':
      return 'written';
    case 'retry':
    case 'refresh':
      return 'again';
    case 'refuse':
      // This copy is refused for good; an earlier one, whose answer never came, may be stored all the same.
      return maybeStored ? 'unknown' : 'refused';
    case 'sequence':
      // Behind a batch that failed, a refusal is only the consequence: in order, both will be taken.
      if (!oldest) return 'again';
      // The broker remembers five batches, and after a restart only the last: an old copy may be stored, or nothing of it.
      return maybeStored ? 'unknown' : 'again-under-new-epoch';
    default:
      return 'fatal';
  }
}
