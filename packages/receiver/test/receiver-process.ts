import { serviceCommand, ServiceProcess } from '@penstock/test-process';
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
  const receiver = new ServiceProcess({
    name: 'the Receiver',
    command: serviceCommand('receiver'),
    env: {
      PENSTOCK_KAFKA_BOOTSTRAP: bootstrap.join(','),
      PENSTOCK_KAFKA_SINGLE_REPLICA: 'allowed',
      PENSTOCK_RECEIVER_LISTEN: '127.0.0.1:0',
      PENSTOCK_RECEIVER_OPERATIONS_LISTEN: '127.0.0.1:0',
      PENSTOCK_RECEIVER_DC: 'fra',
      PENSTOCK_RECEIVER_INSTANCE: 'receiver-1',
      PENSTOCK_RECEIVER_KEY_SALT: 'a salt for the tests',
      PENSTOCK_RECEIVER_STOP_LINGER_MS: '300',
      // A busy machine is no overload, unless a test means it.
      PENSTOCK_RECEIVER_QUEUE_AGE_MAX_MS: '60000',
      ...Object.fromEntries(named),
    },
  });
  onTestFinished(async () => void (await receiver.kill()));
  await receiver.said(waitFor);
  const taking = receiver.lines.find(({ msg }) => msg === 'taking events');
  return {
    pid: receiver.pid!,
    url: `http://${String(taking?.['address'])}`,
    operations: String(receiver.operations),
    exited: receiver.exited.then(({ code }) => code),
    terminate: () => receiver.signal('SIGTERM'),
    logged: () => receiver.output,
    heard: (message) => receiver.said(message),
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
