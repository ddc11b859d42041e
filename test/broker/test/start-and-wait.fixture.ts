// A process of a test that starts a broker and never ends by itself: "start-and-wait.fixture.ts [starting]".
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startKafka } from '../src/index.ts';

const name = `orphan-${process.pid}`;
const started = startKafka({ name });
if (process.argv[2] === 'starting') {
  await sleep(700);
  const folder = readdirSync(tmpdir()).find((entry) => entry.startsWith(`penstock-${name}-`)) ?? 'none';
  process.stdout.write(
    `${JSON.stringify({ pid: 0, logFile: join(tmpdir(), folder, 'broker-1/server.log') })}\n`,
  );
} else {
  const [broker] = (await started).brokers;
  process.stdout.write(`${JSON.stringify({ pid: broker?.pid, logFile: broker?.logFile })}\n`);
}
await started;
setInterval(() => undefined, 60_000);
