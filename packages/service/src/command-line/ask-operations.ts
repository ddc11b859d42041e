import { isIP } from 'node:net';
import type { ConfigOf } from '../config/knobs.ts';
import { showListen, type Knob, type Listen } from '../config/knobs.ts';
import { readConfig, type Environment } from '../config/read-config.ts';
import type { CommandOutcome } from './command.ts';

const answerWithinMs = 5_000;

/**
 * `status` of a service that has nothing better to ask: what its own operations listener says. Ends with 1
 * when the service is not ready or does not answer. Of the configuration it needs the listener's address
 * and nothing else.
 */
export async function askOperations(
  service: string,
  knob: Knob<Listen>,
  env: Environment,
): Promise<CommandOutcome> {
  const { listener }: ConfigOf<{ listener: Knob<Listen> }> = readConfig({ listener: knob }, { env });
  if (listener.port === 0) {
    return { text: `${knob.name} has port 0: nobody knows where ${service} listens`, exitCode: 1 };
  }
  const address = showListen(reachable(listener));
  try {
    const readiness = await read(address, '/readyz');
    const status = await read(address, '/status');
    const ready = readiness.status === 200;
    const reasons = ready ? [] : reasonsOf(readiness.text);
    const head = ready ? 'ready' : ['not ready', ...reasons.map((reason) => `  ${reason}`)].join('\n');
    return { text: `${service} at ${address}: ${head}\n${status.text.trimEnd()}`, exitCode: ready ? 0 : 1 };
  } catch (error) {
    const why = reasonOf(error);
    const text = `${service} does not answer at ${address} (${knob.name}): ${why}`;
    return { text, exitCode: 1 };
  }
}

/** A service that listens on every address is asked on the loopback one. */
function reachable({ address, port }: Listen): Listen {
  if (isIP(address) === 6) return { address: /^[0:]+$/.test(address) ? '::1' : address, port };
  return { address: address === '0.0.0.0' ? '127.0.0.1' : address, port };
}

async function read(address: string, path: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`http://${address}${path}`, { signal: AbortSignal.timeout(answerWithinMs) });
  return { status: response.status, text: await response.text() };
}

function reasonsOf(text: string): string[] {
  try {
    const { reasons } = JSON.parse(text) as { reasons?: unknown };
    if (Array.isArray(reasons)) return reasons.map(String);
  } catch {
    // Whoever answers is not this service; what it says is shown as it is.
  }
  return [text.trim()];
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `nothing came within ${answerWithinMs / 1_000} s`;
  const { cause } = error;
  if (cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED') return 'it is not running';
  return cause instanceof Error ? cause.message : error.message;
}
