import type { ClientName } from './event.ts';
import type { EventStorage } from './event-queue.ts';

export interface ClientOptions {
  /** Of a Receiver or the balancer before it, such as `https://events.example`. */
  url: string;
  /** In a browser everybody can read it. */
  apiKey?: string;
  /**
   * Events with the same key keep their order, also from page to page; up to 256 bytes. It travels to every
   * consumer. At random for each client when not given: nobody is recognised by it.
   */
  partitionKey?: string;
  /** Who sends; an event may say its own. */
  client?: ClientName;
  /** Two clients for one url on one site need two names: others would send their events. Default: empty. */
  name?: string;
  /** Default: `localStorage` in a browser, else memory. Null: memory. */
  storage?: EventStorage | null;
  /** Of all waiting events, in characters. When full, `track` takes no more. Default 1 000 000. */
  queueCharactersMax?: number;
  /** How long an event waits for others to share its request. Default 1000. */
  lingerMs?: number;
  /** Events of one request. Default 100. */
  batchEventsMax?: number;
  /** How long a request may take. Above the delivery time-out of the Receiver (10 s). Default 30 000. */
  requestTimeoutMs?: number;
  /** The longest wait between two tries, unless the server asks for more. Default 60 000. */
  retryMaxMs?: number;
  /**
   * What to do at a later visit with events whose page went away while they were sent, so long ago that the
   * pipeline cannot recognise them (8 minutes). `resend` (default) may double them, `drop` may lose them.
   */
  unseen?: 'resend' | 'drop';
  /** A try has failed. By default a warning on the console. */
  onProblem?(problem: Problem): void;
  /** Events will not be sent. By default a warning on the console. */
  onDropped?(dropped: Dropped): void;
}

export interface Problem {
  /** A problem code of the Receiver, `no-answer`, or `http-STATUS` when somebody else has answered. */
  code: string;
  /** 0 without an answer. */
  status: number;
  /** What the Receiver says about it, such as the path that was meant by a wrong `url`. */
  detail?: string;
  /** How many events were in the request. */
  events: number;
  retryInMs: number;
}

export interface Dropped {
  /**
   * - queue-full: `track` did not take it.
   * - not-json: `JSON.stringify` has no text for it.
   * - too-large: beyond 256 KiB, or too large for a Receiver or a proxy.
   * - refused: the Receiver does not take a request with this event alone.
   * - unseen: see the option of this name.
   * - unreadable: somebody else has written to our storage.
   */
  reason: 'queue-full' | 'not-json' | 'too-large' | 'refused' | 'unseen' | 'unreadable';
  /** As JSON, where there is one. */
  events: string[];
}

/** The url without its last slash. Throws a TypeError that says what is wrong. */
export function checkOptions({ url, partitionKey = 'k', apiKey = 'k' }: ClientOptions): string {
  if (!/^https?:\/\/[^/?#]+[^?#]*$/.test(url))
    throw new TypeError(`url: not http(s), or with a query: ${url}`);
  // HTTP headers hold nothing else, and `fetch` would throw at each try.
  if (![partitionKey, apiKey].every((text) => /^[!-~][ -~]{0,255}$/.test(text)))
    throw new TypeError('partitionKey, apiKey: 1 to 256 printable ASCII characters');
  return url.replace(/\/+$/, '');
}
