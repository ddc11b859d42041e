import { setTimeout as sleep } from 'node:timers/promises';
import { LedgerError } from '@penstock/ledger';

const againMs = 2_000;

/**
 * Reads a ledger again for as long as somebody's open transaction hides what it needs: that ends without a
 * restart. Each time is told. Throws every other error, and the signal's reason.
 */
export async function untilDecided<T>(
  read: () => Promise<T>,
  signal: AbortSignal,
  onHidden: (error: LedgerError) => void,
): Promise<T> {
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof LedgerError) || !error.retryable) throw error;
      onHidden(error);
    }
    await sleep(againMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
