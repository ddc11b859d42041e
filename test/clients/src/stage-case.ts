import { guard, unguard } from '@penstock/test-broker';
import type { TestKafka } from '@penstock/test-broker';
import { apiKeys } from '@penstock/test-faults';
import type { ProxiedKafka } from '@penstock/test-faults';
import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { FromActor } from './actor.ts';
import type { Judgement } from './judgement.ts';
import type { Acted, PromiseCase } from './promise-case.ts';

/** Beyond what any client needs to retry, and to give up. */
const actTimeoutMs = 40_000;

/** Lets a client act in a process of its own and judges what became of it. Hanging and failing are judgements too. */
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

/** Answers what the client did, or in words why it did not come to its end. */
async function act(
  caseName: string,
  clientName: string,
  setting: { bootstrap: readonly string[]; topic: string },
  loseNextAck: () => void,
): Promise<Acted | string> {
  const actor = fork(join(import.meta.dirname, 'actor.ts'), [caseName, clientName], {
    execArgv: ['--disable-warning=TimeoutNegativeWarning'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  if (actor.pid !== undefined) guard(actor.pid);
  let lastWords = '';
  actor.stderr?.on('data', (chunk: Buffer) => (lastWords = (lastWords + chunk.toString()).slice(-4_096)));
  const outcome = await new Promise<Acted | string>((resolve) => {
    const timer = setTimeout(() => resolve(`hangs (${actTimeoutMs / 1_000} s)`), actTimeoutMs);
    actor.on('message', (message: FromActor) => {
      if (message.kind === 'lose-next-ack') {
        loseNextAck();
        actor.send('set up');
      } else {
        resolve(message.kind === 'acted' ? (message.acted as Acted) : `fails: ${firstLineOf(message.error)}`);
      }
    });
    actor.once('exit', (code, signal) => {
      resolve(`its process ended with ${code ?? signal}: ${firstLineOf(lastWords)}`);
      clearTimeout(timer);
    });
    actor.send(setting);
  });
  // A client that still retries, or waits for nothing, must not disturb the next.
  actor.kill('SIGKILL');
  if (actor.pid !== undefined) unguard(actor.pid);
  return outcome;
}

function firstLineOf(text: string): string {
  const lines = text.trim().split('\n');
  return (lines.find((line) => /error/i.test(line)) ?? lines[0] ?? '').trim().slice(0, 120);
}
