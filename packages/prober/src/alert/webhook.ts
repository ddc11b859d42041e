import type { Log } from '@penstock/service';
import { pause } from '../pause.ts';
import type { Incident } from './incidents.ts';

const waitingMax = 100;
const triesMax = 5;

/**
 * Posts each beginning and end of an incident as JSON, one after the other, each at most five times. What
 * does not get out is in the log and in the metrics all the same; a dead webhook never holds up the prober,
 * and at most 100 posts wait.
 */
export class Webhook implements AsyncDisposable {
  readonly #url: string;
  readonly #log: Log;
  readonly #closing = new AbortController();
  readonly #waiting: string[] = [];
  #sending: Promise<void> = Promise.resolve();
  #dropped = 0;

  constructor(url: string, log: Log) {
    this.#url = url;
    this.#log = log;
  }

  get dropped(): number {
    return this.#dropped;
  }

  tell(incident: Incident): void {
    if (this.#waiting.length >= waitingMax) {
      this.#dropped += 1;
      return;
    }
    this.#waiting.push(JSON.stringify({ status: incident.ended ? 'resolved' : 'firing', ...incident }));
    this.#sending = this.#sending.then(() => this.#next());
  }

  /** What has been told is sent first, for two seconds at most. */
  async [Symbol.asyncDispose](): Promise<void> {
    const deadline = setTimeout(() => this.#closing.abort(), 2_000);
    await this.#sending;
    clearTimeout(deadline);
  }

  async #next(): Promise<void> {
    const body = this.#waiting.shift();
    for (let tries = 1; body !== undefined && tries <= triesMax && !this.#closing.signal.aborted; tries++) {
      const problem = await this.#post(body);
      if (problem === undefined) return;
      this.#log.warn({ problem, tries }, 'the webhook did not take an alert');
      if (tries === triesMax) this.#dropped += 1;
      else await pause(1_000 * 2 ** tries, this.#closing.signal);
    }
  }

  async #post(body: string): Promise<string | undefined> {
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        // It would make a GET without a body of it, whose 200 means nothing.
        redirect: 'manual',
        headers: { 'content-type': 'application/json' },
        body,
        signal: AbortSignal.any([this.#closing.signal, AbortSignal.timeout(5_000)]),
      });
      await response.arrayBuffer();
      return response.ok ? undefined : `status ${response.status}`;
    } catch (error) {
      return error instanceof Error ? error.message : String(error); // the log has it, and the count of drops
    }
  }
}
