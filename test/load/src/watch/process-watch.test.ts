import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { ProcessWatch } from './process-watch.ts';
import { watchedByOperations } from './watched.ts';

test.skipIf(process.platform !== 'linux')(
  'a process is seen as long as it is there, and marked when it is killed',
  async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child, 'spawn');
    await using watch = await ProcessWatch.start([{ name: 'filter', pid: child.pid! }]);
    await expect.poll(() => watch.samples.at(-1)?.processes['filter']?.cpu).toBeDefined();
    // It is looked at before it has loaded itself.
    await expect.poll(() => watch.samples.at(-1)?.processes['filter']?.rssMb).toBeGreaterThan(5);
    expect(watch.marks).toEqual([]);
    child.kill('SIGKILL');
    await expect.poll(() => watch.marks).toMatchObject([{ label: 'filter is gone', lane: 'filter' }]);
    expect(watch.samples.at(-1)?.processes).toEqual({});
  },
);

test.skipIf(process.platform !== 'linux')(
  'of two processes of one name each has its own figures, and the one that is killed its own mark',
  async () => {
    const two = [1, 2].map(() => spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']));
    onTestFinished(() => two.forEach((child) => void child.kill('SIGKILL')));
    await Promise.all(two.map((child) => once(child, 'spawn')));
    const [one, other] = two.map(({ pid }) => `filter pid ${pid}`);
    await using watch = await ProcessWatch.start(two.map(({ pid }) => ({ name: 'filter', pid: pid! })));
    const seen = () => Object.keys(watch.samples.at(-1)?.processes ?? {});
    await expect.poll(seen).toEqual([one, other]);
    two[0]?.kill('SIGKILL');
    await expect.poll(seen).toEqual([other]);
    expect(watch.marks).toMatchObject([{ label: `${one} is gone`, lane: one }]);
  },
);

test('lag, CPU and memory come from /metrics; a service that was started anew is marked', async () => {
  const service = { lag: 4, cpu: 1, startedAt: 100 };
  const operations = await listener(() =>
    [
      'penstock_mirror_build_info{version="0"} 1',
      `penstock_mirror_lag_seconds{partition="0"} ${service.lag}`,
      `process_cpu_seconds_total ${(service.cpu += 0.1)}`,
      'process_resident_memory_bytes 5e7',
      `process_start_time_seconds ${service.startedAt}`,
    ].join('\n'),
  );
  const watched = await watchedByOperations([operations]);
  expect(watched).toEqual([{ name: 'mirror', operations }]);
  await using watch = await ProcessWatch.start(watched);
  await expect.poll(() => watch.samples.at(-1)?.processes['mirror']?.cpu).toBeGreaterThan(0);
  expect(watch.samples.at(-1)).toMatchObject({ lagSeconds: { mirror: 4 } });
  expect(watch.samples.at(-1)?.processes['mirror']?.rssMb).toBe(50);
  service.startedAt = 200;
  await expect.poll(() => watch.marks.map(({ label }) => label)).toEqual(['mirror was started anew']);
});

test('what is not there to begin with is refused', async () => {
  await expect(ProcessWatch.start([{ name: 'filter', pid: 2 ** 30 }])).rejects.toThrow('no process');
  await expect(watchedByOperations(['http://127.0.0.1:1'])).rejects.toThrow('does not answer');
});

async function listener(metrics: () => string): Promise<string> {
  const server = createServer((_, response) => response.end(metrics()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
