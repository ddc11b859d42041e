// A process of a test that starts a broker and never ends by itself: "start-and-wait.fixture.ts [starting]".
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startKafka } from '../src/index.ts';

const name = `orphan-${process.pid}`;
const starting = startKafka({ name });
let pid = 0;
if (process.argv[2] === 'starting') await sleep(700);
else pid = (await starting).brokers[0]?.pid ?? 0;
const folder = readdirSync(tmpdir()).find((entry) => entry.startsWith(`penstock-${name}-`)) ?? 'none';
process.stdout.write(`${JSON.stringify({ pid, folder: join(tmpdir(), folder) })}\n`);
await starting;
setInterval(() => undefined, 60_000);
