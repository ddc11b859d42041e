import { FencedRepeatedly, KafkaError, type GroupMember, type TransactionSession } from '@penstock/kafka';
import type { Log } from '@penstock/service';
import { FilterError } from '../errors.ts';
import type { Mailbox } from './mailbox.ts';

/**
 * The transactional id of a thread. Another owner may take it away: a second process with the same instance
 * name, or the heir of our partitions while we were suspended.
 */
export class Identity {
  readonly #session: TransactionSession;
  readonly #member: GroupMember;
  readonly #log: Pick<Log, 'warn'>;
  readonly #fenced = new FencedRepeatedly();
  /** Set while another owner has the id: when to try to take it back. */
  #regainAt: number | undefined;

  constructor(session: TransactionSession, member: GroupMember, log: Pick<Log, 'warn'>) {
    this.#session = session;
    this.#member = member;
    this.#log = log;
  }

  get isLost(): boolean {
    return this.#regainAt !== undefined;
  }

  /**
   * Another owner has the transactional id. Nothing in memory counts any more. Throws FilterError IDENTITY
   * when that happens again and again.
   */
  lost(): void {
    this.#regainAt =
      performance.now() + this.#countFencing('fenced by another owner of the transactional id');
  }

  /** The group gave our partitions away. Throws FilterError IDENTITY when that happens again and again. */
  lostMembership(): void {
    this.#countFencing('lost the membership');
  }

  /** Something was committed. */
  committed(): void {
    this.#fenced.committed();
  }

  /**
   * Waits, and takes the id back when that is right. Either the group gave our partitions away while we were
   * suspended, and then we must not take it back, because that would fence whoever works now; or it was a
   * passing double. Only a heartbeat that is answered *after* the fencing tells. Returns early when a message
   * comes.
   */
  async regain(mailbox: Pick<Mailbox<unknown>, 'bell' | 'rings' | 'waitForMessage'>): Promise<void> {
    const regainAt = this.#regainAt ?? 0;
    const waitMs = regainAt - performance.now();
    if (waitMs > 0) await mailbox.waitForMessage(waitMs);
    // While the membership is being lost no heartbeat is answered before we have dropped everything, which
    // the mailbox tells us to do. And a member that fails ends the process anyway.
    const beat = this.#member.heartbeatNow().catch(() => undefined);
    await Promise.race([beat, mailbox.rings()]);
    if (mailbox.bell.aborted || performance.now() < regainAt) return;
    if (this.#member.assignment.length === 0) return;
    try {
      await this.#session.takeOver();
    } catch (error) {
      if (!(error instanceof KafkaError) || !error.retryable) throw error;
      this.#log.warn({ error }, 'the transactional id cannot be taken back yet; tried again');
      return;
    }
    this.#regainAt = undefined;
  }

  /**
   * Once is normal; again and again means two processes of one name, and throws.
   * @returns how long to back off, ms.
   */
  #countFencing(what: string): number {
    const fencing = this.#fenced.fenced();
    if (fencing.kind === 'wait') return fencing.backoffMs;
    throw new FilterError(
      'IDENTITY',
      `${what}, ${fencing.inARow} times in a row: ` +
        'another process runs with the same PENSTOCK_FILTER_INSTANCE and group',
    );
  }
}
