import { spawn } from 'node:child_process';
import { onTestFinished } from 'vitest';

export interface ReceiverProcess {
  pid: number;
  url: string;
  operations: string;
  exited: Promise<number | null>;
  terminate(): void;
  /** Everything it has logged. */
  logged(): string;
  /** Settles with the line that has this message. */
  heard(message: string): Promise<Record<string, unknown>>;
}

const main = new URL('../src/main.ts', import.meta.url).pathname;

/**
 * A real Receiver process on free ports; killed when the test ends. Settles when it takes events, or
 * `waitFor` is logged.
 */
export async function startReceiverProcess(
  bootstrap: readonly string[],
  env: Record<string, string>,
  waitFor = 'started',
): Promise<ReceiverProcess> {
  const named = Object.entries(env).map(([name, value]) =>
    name.startsWith('PENSTOCK_') ? [name, value] : [`PENSTOCK_RECEIVER_${name}`, value],
  );
  const child = spawn(process.execPath, [main], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PENSTOCK_KAFKA_BOOTSTRAP: bootstrap.join(','),
      PENSTOCK_KAFKA_SINGLE_REPLICA: 'allowed',
      PENSTOCK_RECEIVER_LISTEN: '127.0.0.1:0',
      PENSTOCK_RECEIVER_OPERATIONS_LISTEN: '127.0.0.1:0',
      PENSTOCK_RECEIVER_DC: 'fra',
      PENSTOCK_RECEIVER_INSTANCE: 'receiver-1',
      PENSTOCK_RECEIVER_KEY_SALT: 'a salt for the tests',
      PENSTOCK_RECEIVER_STOP_LINGER_MS: '300',
      ...Object.fromEntries(named),
    },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let log = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (log += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (log += chunk));
  let ended = false;
  const exited = new Promise<number | null>((resolve) => child.on('close', resolve)).finally(
    () => (ended = true),
  );
  const find = (message: string): Record<string, unknown> | undefined => {
    const line = log.split('\n').find((candidate) => candidate.includes(`"msg":"${message}"`));
    return line === undefined ? undefined : (JSON.parse(line) as Record<string, unknown>);
  };
  const heard = async (message: string): Promise<Record<string, unknown>> => {
    for (const deadline = Date.now() + 30_000; Date.now() < deadline;) {
      const line = find(message);
      if (line) return line;
      if (ended) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`the Receiver never said '${message}':\n${log}`);
  };
  await heard(waitFor);
  const operations = (find('operations listener is open')?.['address'] as { port: number } | undefined)?.port;
  return {
    pid: child.pid!,
    url: `http://${String(find('taking events')?.['address'])}`,
    operations: `http://127.0.0.1:${operations}`,
    exited,
    terminate: () => void child.kill('SIGTERM'),
    logged: () => log,
    heard,
  };
}

/** How one post ended: its status, or 0 when there was no answer. */
export interface Posted {
  body: string;
  status: number;
  code: string | undefined;
  tookMs: number;
}

export async function post(url: string, body: string, headers: Record<string, string> = {}): Promise<Posted> {
  const sinceMs = Date.now();
  try {
    const init = { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } };
    const response = await fetch(`${url}/v4/events`, init);
    const { code } = (await response.json()) as { code?: string };
    return { body, status: response.status, code, tookMs: Date.now() - sinceMs };
  } catch {
    return { body, status: 0, code: undefined, tookMs: Date.now() - sinceMs };
  }
}
