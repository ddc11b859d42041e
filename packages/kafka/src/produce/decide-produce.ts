import { decide } from '../errors/errors.ts';
import type { ErrorCode } from '../errors/errors.ts';

export type ProduceDecision = 'written' | 'again' | 'again-under-new-epoch' | 'unknown' | 'refused' | 'fatal';

/**
 * What an answer means for an idempotent batch, by the table of errors.
 * @param oldest no older batch of its partition is unsettled
 * @param maybeStored an earlier send of the same bytes got no definite answer
 */
export function decideProduce(code: ErrorCode, oldest: boolean, maybeStored: boolean): ProduceDecision {
  switch (decide('produce', code)) {
    case 'done':
      return 'written';
    case 'retry':
    case 'refresh':
      return 'again';
    case 'refuse':
      // The broker refuses this copy for good. An earlier copy that was never answered may be stored all the
      // same.
      return maybeStored ? 'unknown' : 'refused';
    case 'sequence':
      // After a batch that failed, a refusal is only the consequence: sent again in order, both will be
      // taken.
      if (!oldest) return 'again';
      // A broker remembers five batches, and only the last after a restart: an old copy may be stored, or
      // not.
      return maybeStored ? 'unknown' : 'again-under-new-epoch';
    default:
      return 'fatal';
  }
}
