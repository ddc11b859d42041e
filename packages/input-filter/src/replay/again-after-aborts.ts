import { TransactionError } from '@penstock/kafka';
import { setTimeout as sleep } from 'node:timers/promises';

/** Aborted transactions in a row, with nothing committed between them, before it gives up. */
const abortsMax = 5;

/**
 * Tries again, after a pause that doubles, as long as what fails is an aborted transaction. Anything else,
 * and the last of too many aborts, is thrown.
 *
 * @param committed grows with each commit, and never shrinks by an attempt that begins again.
 */
export async function againAfterAborts(
  attempt: () => Promise<void>,
  committed: () => number | bigint,
  signal: AbortSignal,
): Promise<void> {
  for (let aborts = 0; ;) {
    const before = committed();
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof TransactionError) || error.outcome !== 'aborted') throw error;
      aborts = committed() > before ? 1 : aborts + 1;
      if (aborts > abortsMax) throw error;
      await sleep(200 * 2 ** aborts, undefined, { signal });
    }
  }
}
