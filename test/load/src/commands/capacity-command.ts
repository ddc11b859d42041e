import { describeSizing } from '../capacity/sizing.ts';
import { findCapacity, type CapacityOptions } from '../capacity/find-capacity.ts';
import { operationsAddresses } from '../watch/watched.ts';
import { sendOptions } from './send-command.ts';
import type { Values } from './usage.ts';

export function capacityOptions(values: Values): Omit<CapacityOptions, 'signal' | 'say'> {
  const { rate: _, events: __, seed, ...send } = sendOptions(values);
  return {
    ...{ send: { ...send, resendForMs: 10_000 }, seed },
    operations: operationsAddresses(values.operations ?? ''),
    ...{ first: Number(values.first), most: Number(values.most), within: 0.1 },
    ...{ seconds: Number(values.hold), p99MsMax: Number(values.p99), lagSecondsMax: Number(values.lag) },
  };
}

/** Exit code 0: a rate was found. 1: not even the lowest was borne, or it was stopped. */
export async function runCapacity(
  values: Values,
  options: ReturnType<typeof capacityOptions>,
): Promise<number> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => stop.abort(new Error(`${signal}: stopped before a rate was found`)));
  }
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const found = await findCapacity({ ...options, signal: stop.signal, say });
  const wanted = Number(values.want ?? found.eventsPerSecond);
  if (values.json) process.stdout.write(`${JSON.stringify({ ...found, wanted }, undefined, 2)}\n`);
  else if (found.eventsPerSecond === 0) say('no rate was healthy: raise --p99 or --lag, or look at /status');
  else {
    process.stdout.write(`\nHealthy up to ${found.eventsPerSecond} events/s.\n\n`);
    process.stdout.write(describeSizing(found.costs, wanted));
  }
  return found.eventsPerSecond > 0 ? 0 : 1;
}
