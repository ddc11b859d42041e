// A client of its own thread that behaves: what it meets is what an attack costs the others.
import { Agent, request } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';

export interface HealthyReport {
  sent: number;
  /** Not answered 200: by what was answered instead. */
  failed: Record<string, number>;
  /** Not answered yet. */
  open: number;
  p50Ms: number;
  p99Ms: number;
}

const { url, perSecond } = workerData as { url: string; perSecond: number };
const agent = new Agent({ keepAlive: true });
let tookMs: number[] = [];
let failed: Record<string, number> = {};
let sent = 0;
let open = 0;

/** A slow answer does not hold the next post back. */
function post(): void {
  const since = performance.now();
  sent += 1;
  open += 1;
  let ended = false;
  const end = (answer: string): void => {
    if (ended) return;
    ended = true;
    open -= 1;
    tookMs.push(performance.now() - since);
    if (answer !== '200') failed[answer] = (failed[answer] ?? 0) + 1;
  };
  const headers = {
    'content-type': 'application/json',
    'x-partition-key': `healthy-${sent}`,
    // Not that of the attackers: quotas are by address.
    'x-forwarded-for': '192.0.2.1',
  };
  const body = `[{"n":${sent},"text":"${'x'.repeat(900)}"}]`;
  const send = (): void => {
    const sending = request(`${url}/v4/events`, { method: 'POST', agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      response.on('end', () => end(/"code":"([a-z-]+)"/.exec(text)?.[1] ?? String(response.statusCode)));
    });
    sending
      .setTimeout(20_000, () => end('no answer'))
      .on('error', (error: NodeJS.ErrnoException) => {
        // It met a connection that was closed for being idle at this moment: every client sends again then.
        if (error.code === 'ECONNRESET' && sending.reusedSocket) send();
        else end(error.code ?? 'unknown');
      });
    sending.end(body);
  };
  send();
}

const timer = setInterval(post, 1000 / perSecond);

parentPort!.on('message', (message: 'report' | 'stop') => {
  if (message === 'stop') {
    clearInterval(timer);
    return parentPort!.close();
  }
  const sorted = tookMs.toSorted((a, b) => a - b);
  const at = (share: number): number => Math.round(sorted[Math.floor(sorted.length * share)] ?? 0);
  parentPort!.postMessage({ sent, failed, p50Ms: at(0.5), p99Ms: at(0.99), open });
  tookMs = [];
  failed = {};
  sent = 0;
});
