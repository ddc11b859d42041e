import { readFile, writeFile } from 'node:fs/promises';

/** What the sender knows of an event. Only `acknowledged` is a promise to keep. */
export const outcomes = ['unsent', 'acknowledged', 'refused', 'unknown'] as const;
export type LedgerOutcome = (typeof outcomes)[number];

/** What must become of an event that is acknowledged. */
export const expectations = ['clean', 'rejected'] as const;
export type Expectation = (typeof expectations)[number];

export interface LedgerHeader {
  seed: number;
  events: number;
  clients: number;
  startedAtMs: number;
  requests: number;
  resends: number;
}

/**
 * What was sent and what was answered, 6 bytes an event, by event number. The events of one client rise in
 * number in the order of sending: that is the order per key which must be kept.
 */
export class Ledger {
  readonly header: LedgerHeader;
  readonly #outcomes: Uint8Array;
  readonly #expectations: Uint8Array;
  readonly #clients: Uint32Array;

  constructor(header: LedgerHeader) {
    this.header = header;
    this.#outcomes = new Uint8Array(header.events);
    this.#expectations = new Uint8Array(header.events);
    this.#clients = new Uint32Array(header.events);
  }

  plan(event: number, client: number, expectation: Expectation): void {
    this.#clients[event] = client;
    this.#expectations[event] = expectations.indexOf(expectation);
  }

  note(event: number, outcome: LedgerOutcome): void {
    this.#outcomes[event] = outcomes.indexOf(outcome);
  }

  outcome(event: number): LedgerOutcome {
    return outcomes[this.#outcomes[event] ?? 0] ?? 'unsent';
  }

  expectation(event: number): Expectation {
    return expectations[this.#expectations[event] ?? 0] ?? 'clean';
  }

  client(event: number): number {
    return this.#clients[event] ?? 0;
  }

  count(outcome: LedgerOutcome, expectation?: Expectation): number {
    let count = 0;
    for (let event = 0; event < this.header.events; event++) {
      if (this.outcome(event) === outcome && (!expectation || this.expectation(event) === expectation))
        count++;
    }
    return count;
  }

  /** One line of JSON, then the three columns. */
  async save(file: string): Promise<void> {
    const header = Buffer.from(`${JSON.stringify(this.header)}\n`);
    await writeFile(
      file,
      Buffer.concat([header, this.#outcomes, this.#expectations, Buffer.from(this.#clients.buffer)]),
    );
  }

  /** Throws when the file is not a whole ledger. */
  static async load(file: string): Promise<Ledger> {
    const bytes = await readFile(file);
    const end = bytes.indexOf(10);
    const header = JSON.parse(bytes.toString('utf8', 0, end)) as LedgerHeader;
    if (bytes.length !== end + 1 + header.events * 6) throw new Error(`${file} is not a whole ledger`);
    const ledger = new Ledger(header);
    ledger.#outcomes.set(bytes.subarray(end + 1, end + 1 + header.events));
    ledger.#expectations.set(bytes.subarray(end + 1 + header.events, end + 1 + 2 * header.events));
    Buffer.from(ledger.#clients.buffer).set(bytes.subarray(end + 1 + 2 * header.events));
    return ledger;
  }
}
