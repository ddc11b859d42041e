import { codeOf, type SpoolFolder } from './spool-folder.ts';

const lookMs = 2_000;
/** Of the limit: so much must be free for a Receiver to be ready. */
const freeShare = 0.2;
/** A frame's own bytes and a record's headers, at most about. */
const frameBytes = 4 * 1024;

/** How much the spool can still take: by its limit, and by the disk. */
export class SpoolRoom implements Disposable {
  readonly #bytesMax: number;
  readonly #used: () => number;
  readonly #timer: NodeJS.Timeout;
  #freeBytes = Infinity;
  #failure: string | undefined;

  constructor(folder: Pick<SpoolFolder, 'freeBytes'>, bytesMax: number, used: () => number) {
    this.#bytesMax = bytesMax;
    this.#used = used;
    const look = async (): Promise<void> => {
      this.#freeBytes = await folder.freeBytes().catch(() => 0);
    };
    this.#timer = setInterval(() => void look(), lookMs).unref();
    void look();
  }

  fits(bytes: number): boolean {
    return this.#used() + bytes + frameBytes <= this.#bytesMax;
  }

  /** A disk that failed is believed again when it has taken something. */
  written(error: unknown): void {
    this.#failure = error === undefined ? undefined : codeOf(error);
  }

  get problem(): string | undefined {
    const least = this.#bytesMax * freeShare;
    if (this.#bytesMax - this.#used() < least) return 'the spool is nearly full';
    if (this.#freeBytes < least) return 'the disk of the spool is nearly full';
    // With room again, the failure is over: nothing may come to prove it while the Receiver is not ready.
    return this.#failure === undefined || this.#failure === 'ENOSPC'
      ? undefined
      : `the spool cannot be written (${this.#failure})`;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
