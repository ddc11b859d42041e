import type { Log } from '@penstock/service';
import { PerMinute } from './per-minute.ts';

/**
 * Duplicates are normal, so a thread shows only a few a minute: their ids in the log, conflicts in
 * events.rejected.
 */
export class DuplicateSamples {
  readonly #log: Pick<Log, 'info'>;
  readonly #logged = new PerMinute(10);
  readonly #kept = new PerMinute(10);

  constructor(log: Pick<Log, 'info'>) {
    this.#log = log;
  }

  /** Logs the event's id (16 bytes), now and then. */
  note(partition: number, id: Buffer, conflict: boolean): void {
    if (!this.#logged.allows()) return;
    const eventId = id.toString('hex');
    this.#log.info({ partition, eventId, conflict }, 'duplicate event (a sample)');
  }

  /** Whether this conflict is to be kept in events.rejected. */
  keepsConflict(): boolean {
    return this.#kept.allows();
  }
}
