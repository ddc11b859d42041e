import type { TestKafka } from '@penstock/test-broker';
import { apiKeys } from '@penstock/test-faults';
import type { ProxiedKafka } from '@penstock/test-faults';
import { ServiceProcess } from '@penstock/test-process';
import { join } from 'node:path';
import type { FromActor } from './actor.ts';
import type { Judgement } from './judgement.ts';
import type { Acted, PromiseCase } from './promise-case.ts';

/** Beyond what any client needs to retry, and to give up. */
const actTimeoutMs = 40_000;

/**
 * Lets a client act in a process of its own and judges what became of it. Hanging and failing are
 * judgements too.
 */
export async function stageCase(
  { kafka, proxies, bootstrap }: ProxiedKafka<TestKafka>,
  tried: PromiseCase,
  clientName: string,
): Promise<Judgement> {
  const prepared = await tried.prepare(kafka, bootstrap);
  let untouched = 0;
  const loseNextAck = (): void => {
    const trap = proxies[0]?.dropNextResponse({ apiKey: apiKeys.produce });
    untouched++;
    void trap?.struck.then(() => untouched--);
  };
  const acted = await act(tried.name, clientName, { bootstrap, topic: prepared.topic }, loseNextAck);
  await proxies[0]?.pass();
  if (untouched > 0) return { kept: false, account: `${untouched} faults did not strike`, counts: {} };
  return typeof acted === 'string'
    ? { kept: false, account: acted, counts: {} }
    : tried.judge(kafka, prepared, acted);
}

/** Returns what the client did, or in words why it did not come to its end. */
async function act(
  caseName: string,
  clientName: string,
  setting: { bootstrap: readonly string[]; topic: string },
  loseNextAck: () => void,
): Promise<Acted | string> {
  const told = Promise.withResolvers<Acted | string>();
  // Killed at the end: a client that still retries, or waits for nothing, must not disturb the next.
  await using actor = new ServiceProcess({
    name: `${clientName} in ${caseName}`,
    command: [
      process.execPath,
      '--disable-warning=TimeoutNegativeWarning',
      join(import.meta.dirname, 'actor.ts'),
      caseName,
      clientName,
    ],
    env: process.env,
    onMessage: (message) => {
      const said = message as FromActor;
      if (said.kind === 'lose-next-ack') {
        loseNextAck();
        actor.send('set up');
      } else {
        told.resolve(said.kind === 'acted' ? (said.acted as Acted) : `fails: ${firstLineOf(said.error)}`);
      }
    },
  });
  const ended = actor.exited.then(
    ({ code, signal }) => `its process ended with ${code ?? signal}: ${firstLineOf(actor.output)}`,
  );
  const timer = setTimeout(() => told.resolve(`hangs (${actTimeoutMs / 1_000} s)`), actTimeoutMs);
  actor.send(setting);
  return await Promise.race([told.promise, ended]).finally(() => clearTimeout(timer));
}

function firstLineOf(text: string): string {
  const lines = text.trim().split('\n');
  return (lines.find((line) => /error/i.test(line)) ?? lines[0] ?? '').trim().slice(0, 120);
}
