import type { Answer } from './answer.ts';
import { envelope, nextBatch } from './batch.ts';
import { alone, canOutlive, isOffline } from './browser.ts';
import type { Entry, EventQueue } from './event-queue.ts';
import { byteLength } from './event.ts';
import type { Dropped, Problem } from './options.ts';
import { post, postLast, type Destination } from './post.ts';
import { waitMs } from './wait.ts';
import { wallClockMs } from './wall-clock.ts';

export interface SenderOptions {
  queue: EventQueue;
  to: Destination;
  /** Tabs that send from the same queue take turns by this name. */
  lock: string;
  /** Events of one request. */
  eventsMax: number;
  retryMaxMs: number;
  dropsUnseen: boolean;
  onProblem(problem: Problem): void;
  drop(reason: Dropped['reason'], events: string[]): void;
}

/** Of one request; with its envelope, URL and headers it fits into what a browser keeps alive. */
const batchBytesMax = 48 * 1024;
/** Of all requests that outlive a page together, a browser takes 64 KiB (Fetch, "keepalive"). */
const keepaliveBytesMax = 60 * 1024;
/** Within the pipeline's window of 10 minutes, with room for the way. */
const recognisedMs = 480_000;
/** After the network is back: everybody's is, at the same moment. */
const wakeMs = 1_000;
/** Whoever waits for an empty queue looks as often as this. */
const lookMs = 50;

/**
 * Takes events from the queue to the Receiver. An event leaves the queue when it is acknowledged, or told
 * to be dropped; so whatever ends this program on whichever line, an event is in the queue, acknowledged,
 * or both. In the last case it is sent again with the same id and key, and recognised.
 */
export class Sender {
  readonly #o: SenderOptions;
  readonly #end = new AbortController();
  /** Sent in a way that outlives the page, not answered yet. */
  readonly #flying = new Set<string>();
  /** Refused by a stranger, each alone: they go last. */
  readonly #postponed = new Set<string>();
  #keptAliveBytes = 0;
  #eventsMax: number;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The timer waits because the server has asked for it. */
  #toldToWait = false;
  #running = false;

  constructor(o: SenderOptions) {
    this.#o = o;
    this.#eventsMax = o.eventsMax;
  }

  /** Sends in `ms`, or earlier if that is due anyway. After a failure, not before its wait is over. */
  wakeIn(ms: number): void {
    if (this.#running || this.#timer !== undefined || this.#end.signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#toldToWait = false;
      void this.#run();
    }, ms);
  }

  /** Sends soon, unless the server has asked us to stay away. */
  wake(inMs = Math.random() * wakeMs): void {
    if (this.#toldToWait) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.wakeIn(inMs);
  }

  /** Sends now; settles when nothing waits, or after `timeoutMs`. */
  async empty(timeoutMs: number): Promise<void> {
    const untilAt = performance.now() + timeoutMs;
    this.wake(0);
    // Looked at, not told: in a browser, another tab may be the one that sends.
    while (this.#o.queue.all().length > 0 && performance.now() < untilAt)
      await new Promise((resolve) => setTimeout(resolve, lookMs));
  }

  end(): void {
    this.#end.abort();
    clearTimeout(this.#timer);
  }

  /**
   * The page may be gone after this. Hands this page's events to the browser before it returns, as much as a
   * browser takes. They stay in the queue until an answer is seen: by this page if it lives on, else they are
   * sent again by the next one. While requests fail, or without a network, what outlives the page waits for
   * the next one instead: it would only become uncertain.
   */
  sendLast(): void {
    const { queue } = this.#o;
    const entries = queue.all().filter((entry) => queue.isOwn(entry) && !this.#flying.has(entry.name));
    const now = wallClockMs();
    const hopeless = this.#failures > 0 || isOffline();
    let left = hopeless ? entries.filter((entry) => !queue.outlives(entry)) : entries;
    while (left.length > 0) {
      const batch = nextBatch(left, this.#eventsMax, batchBytesMax);
      if (this.#keptAliveBytes + byteLength(envelope(batch, now)) <= keepaliveBytesMax)
        void this.#send(batch, true);
      left = left.filter((entry) => !batch.includes(entry));
    }
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    let retryInMs: number | undefined;
    try {
      retryInMs = await alone(this.#o.lock, this.#end.signal, () => this.#round());
    } finally {
      this.#running = false;
    }
    if (retryInMs) this.wakeIn(retryInMs);
    // What came while the last request was answered.
    else if (this.#nextUp().length > 0) this.wakeIn(0);
  }

  /** Sends until nothing is left, or a try fails: then, how long to wait. */
  async #round(): Promise<number | undefined> {
    while (!this.#end.signal.aborted) {
      const batch = nextBatch(this.#nextUp(), this.#eventsMax, batchBytesMax);
      if (batch.length === 0) break;
      const retryInMs = await this.#send(batch, false);
      if (retryInMs) return retryInMs;
    }
    return undefined;
  }

  #nextUp(): Entry[] {
    const { queue, dropsUnseen } = this.#o;
    const last = ({ name }: Entry): number => Number(this.#postponed.has(name));
    const entries = queue
      .all()
      .filter(({ name }) => !this.#flying.has(name))
      .sort((a, b) => last(a) - last(b));
    if (!dropsUnseen) return entries;
    const old = entries.filter(isUnseenForLong);
    if (old.length > 0) this.#drop('unseen', old);
    return entries.filter((entry) => !old.includes(entry));
  }

  /** One try. Returns how long to wait before the next, 0 for not at all. */
  async #send(taken: readonly Entry[], last: boolean): Promise<number> {
    const { queue, to } = this.#o;
    const now = wallClockMs();
    const batch = taken.map((entry) => ({ ...entry, tries: entry.tries + 1, unseenSinceMs: now }));
    const attempt = Math.max(...batch.map(({ tries }) => tries));
    const parcel = { body: envelope(batch, now), key: batch[0]!.key, attempt };
    const bytes = byteLength(parcel.body);
    // A second try does without: other programs of the page may have used up what the browser keeps alive.
    const keepalive =
      last || (canOutlive() && attempt === 1 && this.#keptAliveBytes + bytes <= keepaliveBytesMax);
    // Before it is sent: a page that ends now must find at its next visit that it may be sent already.
    queue.update(batch);
    if (keepalive) this.#fly(batch, bytes);
    const answer = await (last ? postLast(to, parcel) : post(to, parcel, keepalive));
    if (keepalive) this.#fly(batch, -bytes);
    // Handed over by sendBeacon: nobody will ever see how it ends. The page lives, so it is sent again.
    if (!answer) return 0;
    const retryInMs = this.#judged(batch, answer);
    if (last) this.wakeIn(retryInMs);
    return retryInMs;
  }

  /** Less than nothing: it has landed. */
  #fly(batch: readonly Entry[], bytes: number): void {
    this.#keptAliveBytes += bytes;
    for (const { name } of batch) this.#flying[bytes > 0 ? 'add' : 'delete'](name);
  }

  #judged(batch: readonly Entry[], { verdict, code, status, detail, retryAfterMs }: Answer): number {
    const { queue, eventsMax, retryMaxMs, onProblem } = this.#o;
    if (verdict === 'stored') {
      queue.remove(batch);
      this.#failures = 0;
      this.#eventsMax = Math.min(eventsMax, this.#eventsMax * 2);
      return 0;
    }
    queue.update(batch.map((entry) => ({ ...entry, unseenSinceMs: 0 })));
    const events = batch.length;
    // Which of its events is to blame, or how large a request may be, smaller ones will tell.
    const splits = verdict !== 'later' && events > 1;
    if (splits) this.#eventsMax = Math.max(1, events >> 1);
    else if (verdict === 'bad') this.#drop(status === 413 ? 'too-large' : 'refused', batch);
    else if (verdict === 'strange') this.#postponed.add(batch[0]!.name);
    if (splits || verdict === 'bad') return 0;
    this.#failures += 1;
    const retryInMs = waitMs(this.#failures, retryMaxMs, retryAfterMs, Math.random());
    this.#toldToWait = retryAfterMs > 0;
    onProblem({ code, status, ...(detail !== undefined && { detail }), events, retryInMs });
    return retryInMs;
  }

  #drop(reason: Dropped['reason'], entries: readonly Entry[]): void {
    this.#o.queue.remove(entries);
    this.#o.drop(
      reason,
      entries.map(({ event }) => event),
    );
  }
}

/** By a clock that may have been set back: then it says nothing, as if it were long ago. */
function isUnseenForLong({ unseenSinceMs }: Entry): boolean {
  const agoMs = wallClockMs() - unseenSinceMs;
  return unseenSinceMs > 0 && (agoMs < 0 || agoMs > recognisedMs);
}
