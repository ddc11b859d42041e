import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { sharedKafka, uniqueName } from '@penstock/test-broker';
import { cpuSecondsOf } from '@penstock/test-process';
import { expect, onTestFinished, test } from 'vitest';
import { attacks, type Target } from './attacks/attacks.ts';
import type { HealthyReport } from './attacks/healthy-client.ts';
import { post, startReceiverProcess, type ReceiverProcess } from './receiver-process.ts';

const MiB = 1024 ** 2;
const canMeasure = existsSync('/proc/self/clear_refs');
/** Of each attack. `npm run soak -- receiver` takes longer, and prints what each attack costs. */
const attackMs = Number(process.env['PENSTOCK_ATTACK_MS'] ?? 300);
const figures = process.env['PENSTOCK_ATTACK_MS'] !== undefined;

/** Resident now, and the most since `forgetPeak`. */
function residentMiB({ pid }: ReceiverProcess): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const of = (name: string) =>
    Math.round(Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024);
  return { now: of('VmRSS'), peak: of('VmHWM') };
}

function forgetPeak({ pid }: ReceiverProcess): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

function startHealthyClient(url: string) {
  const worker = new Worker(new URL('attacks/healthy-client.ts', import.meta.url), {
    workerData: { url, perSecond: 50 },
  });
  onTestFinished(() => void worker.terminate());
  return async (): Promise<HealthyReport> => {
    const { promise, resolve } = Promise.withResolvers<HealthyReport>();
    worker.once('message', resolve);
    worker.postMessage('report');
    return promise;
  };
}

test.skipIf(!canMeasure)(
  'no attack costs the Receiver memory beyond its limits, or a healthy client an event',
  async () => {
    const kafka = await sharedKafka();
    const topic = uniqueName('raw');
    await kafka.createTopic(topic, { partitions: 4, configs: { 'max.message.bytes': '2000000' } });
    const receiver = await startReceiverProcess(kafka.bootstrap, {
      RAW_TOPIC: topic,
      TRUSTED_PROXY_HOPS: '1',
      ADDRESS_REQUESTS_PER_SECOND: '1000',
      IN_FLIGHT_BYTES_MAX: '64MiB',
      HEADERS_TIMEOUT_MS: '2000',
      KEEP_ALIVE_TIMEOUT_MS: '4000',
    });
    const { hostname: host, port } = new URL(receiver.url);
    const target: Target = {
      ...{ host, port: Number(port) },
      operationsPort: Number(new URL(receiver.operations).port),
    };
    for (let n = 0; n < 200; n += 1) await post(receiver.url, `[{"warm":"${'x'.repeat(20_000)}"}]`);
    const report = startHealthyClient(receiver.url);
    await sleep(attackMs);
    const quiet = await report();
    const rows = [
      ['none', '', quiet.p50Ms, quiet.p99Ms, `0 of ${quiet.sent}`, residentMiB(receiver).now, '', ''],
    ];
    const failures: string[] = [];
    const peaks: number[] = [];
    for (const attack of [...attacks, ...(figures ? attacks : [])]) {
      forgetPeak(receiver);
      const before = residentMiB(receiver).now;
      const cpu = cpuSecondsOf(receiver.pid);
      const harm = await attack.run(target, AbortSignal.timeout(attackMs));
      const met = await report();
      // What is still open is answered late: it counts, too.
      for (let tries = 0; tries < 100; tries += 1) {
        await sleep(100);
        const rest = await report();
        met.sent += rest.sent;
        met.p99Ms = Math.max(met.p99Ms, rest.p99Ms);
        for (const [answer, count] of Object.entries(rest.failed)) {
          met.failed[answer] = (met.failed[answer] ?? 0) + count;
        }
        if (rest.open <= 2) break;
      }
      const failed = Object.entries(met.failed).map(([answer, count]) => `${count} ${answer}`);
      if (failed.length > 0) failures.push(`${attack.name}: of ${met.sent} ${failed.join(', ')}`);
      const { peak } = residentMiB(receiver);
      peaks.push(peak);
      const seconds = (cpuSecondsOf(receiver.pid) - cpu).toFixed(1);
      const { p50Ms, p99Ms, sent } = met;
      rows.push([
        attack.name,
        harm,
        p50Ms,
        p99Ms,
        `${failed.join(', ') || 0} of ${sent}`,
        before,
        peak,
        seconds,
      ]);
    }
    if (figures) {
      const names = ['attack', 'times', 'p50 ms', 'p99 ms', 'failed', 'RSS before, MiB', 'peak', 'CPU s'];
      const lines = [names, names.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |\n`);
      process.stdout.write(lines.join(''));
    }
    expect(failures).toEqual([]);
    // The budget of 64 MiB exists twice at most: in bodies and in batches.
    expect(Math.max(...peaks)).toBeLessThan((rows[0]![5] as number) + 3 * 64);
    // A second round of all finds the memory of the first.
    const [first, second] = [peaks.slice(0, attacks.length), peaks.slice(attacks.length)];
    expect(Math.max(...second, 0)).toBeLessThan(Math.max(...first) + 64);
    await expect
      .poll(async () => {
        const text = await (await fetch(`${receiver.operations}/metrics`)).text();
        return Number(/penstock_receiver_in_flight_bytes(?:\{.*\})? (\d+)/.exec(text)?.[1]);
      })
      .toBeLessThan(MiB);
    expect(await post(receiver.url, '{}')).toMatchObject({ status: 200 });
    receiver.terminate();
    expect(await receiver.exited).toBe(0);
  },
);
