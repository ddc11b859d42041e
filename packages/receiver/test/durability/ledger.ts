import { setTimeout as sleep } from 'node:timers/promises';

/** One body, and what became of each time it was sent. */
export interface Entry {
  body: string;
  /** 200 and where it is stored, the code of the problem, or `no answer`. */
  answers: string[];
}

export interface SenderOptions {
  /** The Receiver may come back at another address. */
  url(): string;
  name: string;
  apiKey: string;
  /** Sends each body until it is acknowledged; else once. */
  retries: boolean;
}

/** What clients were told, to be held against what is stored. */
export class Ledger {
  readonly entries: Entry[] = [];
  /** Of all answers, ms. */
  slowestMs = 0;
  #stopped = false;

  /** Sends one body after the other until `stop`, and then settles once the last one is answered. */
  async send(o: SenderOptions): Promise<void> {
    for (let n = 0; !this.#stopped; n += 1) {
      const entry: Entry = {
        body: `[{"sender":"${o.name}","n":${n},"text":"${'x'.repeat(500)}"}]`,
        answers: [],
      };
      this.entries.push(entry);
      // A client that gives up is no news; one that keeps at it must end without a loss, stop or not.
      for (let tries = 0; tries < 600; tries += 1) {
        const sinceMs = performance.now();
        entry.answers.push(await post(o, entry.body));
        this.slowestMs = Math.max(this.slowestMs, performance.now() - sinceMs);
        if (isStored(entry.answers.at(-1)!) || !o.retries) break;
        await sleep(50 + Math.random() * 150);
      }
      await sleep(Math.random() * 20);
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  count(answer: (answer: string) => boolean): number {
    return this.entries.reduce((sum, { answers }) => sum + answers.filter(answer).length, 0);
  }
}

export function isStored(answer: string): boolean {
  return answer.startsWith('200');
}

async function post({ url, apiKey }: SenderOptions, body: string): Promise<string> {
  try {
    const response = await fetch(`${url()}/v4/events`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
      signal: AbortSignal.timeout(60_000),
    });
    const { code } = (await response.json()) as { code?: string };
    return code ?? `200 ${response.headers.get('penstock-stored') ?? 'kafka'}`;
  } catch {
    return 'no answer';
  }
}

/** Of what Kafka gave no outcome for, it may have a copy. */
const uncertain = new Set(['no answer', 'kafka-late']);

export interface Verdict {
  lost: string[];
  /** Stored more often than a 200 and all uncertain tries explain. */
  doubled: string[];
  /** Refused each time for sure, and stored all the same. */
  lied: string[];
}

/** `stored`: how often each body is in the topic. `spare`: copies that a replay may leave. */
export function judge(
  { entries }: Ledger,
  stored: ReadonlyMap<string, number>,
  spare: (entry: Entry) => number,
) {
  const verdict: Verdict = { lost: [], doubled: [], lied: [] };
  for (const entry of entries) {
    const { body, answers } = entry;
    const count = stored.get(body) ?? 0;
    const acknowledged = answers.some(isStored);
    const maybe = answers.filter((answer) => uncertain.has(answer)).length;
    const shown = `${body.slice(0, 40)} x${count}: ${answers.join(', ')}`;
    if (acknowledged && count === 0) verdict.lost.push(shown);
    if (acknowledged && count > 1 + maybe + spare(entry)) verdict.doubled.push(shown);
    if (!acknowledged && count > maybe) verdict.lied.push(shown);
  }
  return verdict;
}
