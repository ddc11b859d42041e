import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaError } from '@penstock/kafka';
import { LedgerError } from '@penstock/ledger';
import type { LinkStatus } from './link-status.ts';

const everyMs = 2_000;

/**
 * Shows the status again and again until the reader has enough: until a signal, or until the pipe is closed.
 * A cluster that is away, or a ledger that is hidden, is said on standard error, and asked again.
 */
export async function watchStatus(
  read: () => Promise<LinkStatus>,
  show: (status: LinkStatus, before: LinkStatus | undefined) => string,
): Promise<void> {
  const closed = new AbortController();
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    closed.abort();
  });
  let before: LinkStatus | undefined;
  while (!closed.signal.aborted) {
    try {
      const status = await read();
      process.stdout.write(`${process.stdout.isTTY ? clearScreen : ''}${show(status, before)}\n`);
      before = status;
    } catch (error) {
      if (!(error instanceof KafkaError || error instanceof LedgerError) || !error.retryable) throw error;
      process.stderr.write(`${error.message}; asked again\n`);
    }
    await sleep(everyMs, undefined, { signal: closed.signal }).catch(() => undefined);
  }
}

const clearScreen = '\u001B[H\u001B[2J';
