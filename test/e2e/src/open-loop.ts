import { Agent, request } from 'node:http';

/** What a crowd of clients that never send again has met so far. */
export interface Crowd {
  /** How often each ended so: `200`, the code of a problem, or that of a broken connection. */
  readonly outcomes: ReadonlyMap<string, number>;
  /** Bodies answered 200. */
  readonly acknowledged: readonly string[];
  /** Sends no more; settles when everything is answered. */
  stop(): Promise<void>;
}

export interface CrowdOptions {
  port: number;
  /** Clients that keep their connection, and how often each of them sends. */
  kept: { clients: number; everyMs: number };
  /** Requests a second with a connection of their own. */
  freshPerSecond: number;
}

/** Open loop: a slow answer does not hold the next request back. */
export function startCrowd({ port, kept, freshPerSecond }: CrowdOptions): Crowd {
  const outcomes = new Map<string, number>();
  const acknowledged: string[] = [];
  const open = new Set<Promise<void>>();
  let count = 0;

  const send = (how: string, agent: Agent | false): void => {
    const body = `{"n":${(count += 1)},"how":"${how}"}`;
    const answer = post(port, body, agent).then((outcome) => {
      const told = outcome === '200' ? outcome : `${how}: ${outcome}`;
      outcomes.set(told, (outcomes.get(told) ?? 0) + 1);
      if (outcome === '200') acknowledged.push(body);
    });
    open.add(answer);
    void answer.then(() => open.delete(answer));
  };

  const agents = Array.from({ length: kept.clients }, () => new Agent({ keepAlive: true }));
  const timers = agents.map((agent) => setInterval(() => send('kept', agent), kept.everyMs));
  timers.push(everySecond(freshPerSecond, () => send('fresh', false)));
  return {
    outcomes,
    acknowledged,
    async stop() {
      for (const timer of timers) clearInterval(timer);
      await Promise.all(open);
      for (const agent of agents) agent.destroy();
    },
  };
}

/** Timers are no finer than a millisecond, and late on a busy machine: what is due is done at once then. */
function everySecond(times: number, act: () => void): NodeJS.Timeout {
  const startedAt = performance.now();
  let done = 0;
  return setInterval(() => {
    for (; done < ((performance.now() - startedAt) / 1_000) * times; done += 1) act();
  }, 1);
}

/** How it ended, in a word. Never rejects. */
function post(port: number, body: string, agent: Agent | false): Promise<string> {
  return new Promise((resolve) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const options = { host: '127.0.0.1', port, path: '/v4/events', method: 'POST', headers, agent };
    const outgoing = request({ ...options, timeout: 60_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      response.on('error', (error: NodeJS.ErrnoException) => resolve(`cut in the answer (${error.code})`));
      response.on('end', () => resolve(/"code":"([a-z-]+)"/.exec(text)?.[1] ?? String(response.statusCode)));
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer in a minute')));
    outgoing.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    outgoing.end(body);
  });
}
