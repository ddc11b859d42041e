import { pageStorage, watchPage } from './browser.ts';
import { EventQueue } from './event-queue.ts';
import { byteLength, eventBytesMax, type EventFields, type FrozenEvent } from './event.ts';
import { checkOptions, type ClientOptions, type Dropped } from './options.ts';
import { Sender } from './sender.ts';
import { randomUuid } from './uuid.ts';
import { wallClockMs } from './wall-clock.ts';

/** Who sends, where nobody says otherwise. */
const ourName = { name: 'penstock-client', version: '0.1.0' };

/** Sends events to a Receiver until it has acknowledged each of them. */
export class Client implements AsyncDisposable {
  readonly #o: ClientOptions;
  readonly #queue: EventQueue;
  readonly #sender: Sender;
  readonly #key: string;
  readonly #unwatch: () => void;
  readonly #drop: (reason: Dropped['reason'], events: string[]) => void;
  #closed = false;

  /** Throws a TypeError when the options make no sense. What earlier pages have left is sent at once. */
  constructor(options: ClientOptions) {
    const url = checkOptions(options);
    this.#o = options;
    this.#key = options.partitionKey ?? randomUuid();
    const { name = '', storage = pageStorage(), onDropped = warn, onProblem = warn } = options;
    // A later version that writes its items otherwise takes another number.
    const prefix = `penstock1 ${url} ${name} `;
    // Told after our own state is right again: what the program does with it is not our failure.
    const drop = (this.#drop = (reason, events) => queueMicrotask(() => onDropped({ reason, events })));
    const queue = new EventQueue(storage ?? undefined, prefix, options.queueCharactersMax ?? 1_000_000, drop);
    this.#queue = queue;
    this.#sender = new Sender({
      queue,
      drop,
      to: { url, apiKey: options.apiKey, timeoutMs: options.requestTimeoutMs ?? 30_000 },
      lock: prefix,
      eventsMax: options.batchEventsMax ?? 100,
      retryMaxMs: options.retryMaxMs ?? 60_000,
      dropsUnseen: options.unseen === 'drop',
      onProblem: (problem) => queueMicrotask(() => onProblem(problem)),
    });
    this.#unwatch = watchPage({
      onHide: () => this.#sender.sendLast(),
      onWake: () => this.#sender.wake(),
    });
    if (queue.all().length > 0) this.#sender.wake();
  }

  /**
   * Takes an event: it is in the storage when this returns. Returns its id, or undefined when it was not
   * taken; `onDropped` says why. Never throws because of an event.
   */
  track(type: string, fields: EventFields = {}): string | undefined {
    if (this.#closed) throw new Error('this Penstock client is closed');
    const event = freeze(type, fields, this.#o.client ?? ourName);
    const why = !event
      ? 'not-json'
      : byteLength(event.json) > eventBytesMax
        ? 'too-large'
        : !this.#queue.add(this.#key, event) && 'queue-full';
    if (why) this.#drop(why, event ? [event.json] : []);
    else this.#sender.wakeIn(this.#o.lingerMs ?? 1_000);
    return why ? undefined : event?.id;
  }

  /** How many events wait: in a browser, those of all tabs. */
  get waiting(): number {
    return this.#queue.all().length;
  }

  /**
   * Sends now, unless the server has asked us to stay away. Settles when everything is acknowledged, or after
   * `timeoutMs` (default 10 000). Returns how many events still wait.
   */
  async flush(timeoutMs = 10_000): Promise<number> {
    await this.#sender.empty(timeoutMs);
    return this.waiting;
  }

  /** Flushes and ends. What still waits is sent at a later start, if there is a storage. */
  async close(timeoutMs?: number): Promise<number> {
    this.#closed = true;
    const left = await this.flush(timeoutMs);
    this.#unwatch();
    this.#sender.end();
    return left;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/**
 * Its text from now on: all tries send the same. Times are by the wall clock, as is the time of sending. A
 * clock that is set between the two spoils the time of the event, but not the event: the pipeline bounds it.
 * (The monotonic clock of some browsers stands still while the machine sleeps, which is more frequent.)
 */
function freeze(type: string, fields: EventFields, client: EventFields['client']): FrozenEvent | undefined {
  try {
    const id = fields.event_id ?? randomUuid();
    // What a program hands on without having it is undefined, and not given.
    const given = { occurred_at: fields.occurred_at ?? wallClockMs(), client: fields.client ?? client };
    const event = { ...fields, ...given, event_type: type, event_id: id };
    return { id, json: JSON.stringify(event) };
  } catch {
    return undefined; // a circle, a bigint, or a toJSON that throws
  }
}

function warn(told: object): void {
  // oxlint-disable-next-line no-console -- whoever listens to nothing would look for it here
  console.warn('Penstock client:', told);
}
