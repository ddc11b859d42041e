import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brokerKind } from '@penstock/test-broker';
import { expect, onTestFinished, test } from 'vitest';
import {
  answersOn,
  clusterFolders,
  isAlive,
  pidsOf,
  portsOf,
  startDemo,
  userOf,
  type DemoProcess,
} from '../src/demo-process.ts';

const isRoot = process.getuid?.() === 0;
const ownUser = `${process.getuid?.()}:${process.getgid?.()}`;
const isJvm = brokerKind() === 'jvm';
const ready = 'Ctrl-C stops everything.';

test('the demo shows every event once in the master and takes more; TERM leaves nothing behind', async () => {
  const temporary = temporaryFolder(0o755);
  const demo = startDemo([], { TMPDIR: temporary });
  await demo.said(ready);
  const file = demo.file();
  expect(file).toMatchObject({
    state: 'running',
    pid: demo.process.pid,
    verdict: { ok: true, problems: [] },
  });
  expect(pidsOf(file)).toHaveLength(isJvm ? 6 : 4);
  for (const pid of pidsOf(file)) expect(userOf(pid)).toBe(file.user);
  expect(file.user).toBe(demo.output().includes('started by root') ? '65534:65534' : ownUser);
  for (const port of portsOf(file)) expect(await answersOn(port)).toBe(true);
  const { page } = file.prober!;
  expect(demo.output()).toContain(`LIVE PAGE  ${page}`);
  expect(await (await fetch(page)).text()).toContain('Probes on their way to the master');

  await postByHand(demo);
  expect(demo.output()).not.toContain('penstock-probe');
  demo.process.signal('SIGTERM');
  expect(await demo.ended).toBe(0);
  expect(demo.file().state).toBe('stopped');
  const stops = [
    ...demo.output().matchAll(/stopp(?:ed|ing) (the [A-Z][A-Za-z ]+?|both clusters)(?: ...\n| in)/g),
  ].map(([, what]) => what);
  expect(stops).toEqual(['the Prober', 'the Receiver', 'the Input Filter', 'the Mirror', 'both clusters']);
  expect(pidsOf(file).filter(isAlive)).toEqual([]);
  for (const port of portsOf(file)) expect(await answersOn(port)).toBe(false);
  expect(clusterFolders(temporary)).toEqual([]);
});

/** As the printed curl lines do. */
async function postByHand(demo: DemoProcess): Promise<void> {
  const [, line = ''] = /-d '(\{"event_id".*)'/.exec(demo.output()) ?? [];
  const url = `${demo.file().services.receiver.url}/v4/events`;
  const headers = { 'content-type': 'application/json', 'x-forwarded-for': '193.0.6.139' };
  const answer = await fetch(url, { method: 'POST', headers, body: line });
  expect(answer.status).toBe(200);
  await demo.said(`in the master:  page_view ${(JSON.parse(line) as { event_id: string }).event_id}`);
}

test('--once ends with 0 and a cluster file; where user 65534 cannot read, root says so', async () => {
  // Where the checkout is cannot be chosen here; the temporary folder is asked about in the same way.
  const closed = temporaryFolder(0o700);
  const demo = startDemo(['--once'], { TMPDIR: closed });
  expect(await demo.ended, demo.output()).toBe(0);
  const file = demo.file();
  expect(file).toMatchObject({ state: 'stopped', verdict: { ok: true, problems: [] } });
  expect(file.user).toBe(ownUser);
  const said = demo.output().split('\n');
  const asRoot = said.filter((line) => line.includes('runs as root'));
  expect(asRoot.map((line) => /cannot be read.*chmod o\+rX/.test(line))).toEqual(isRoot ? [true] : []);
  expect(file.datacenter.topics).toEqual({
    ...{ raw: 'events.raw', clean: 'events.clean', rejected: 'events.rejected', seen: 'events.seen' },
  });
  expect(file.master.topics).toEqual({
    clean: 'events.clean',
    ledger: 'mirror.fra',
    pairs: 'mirror.fra.pairs',
  });
  const outcomes = file.posted.flatMap(({ expected }) => expected);
  const ids = outcomes.flatMap(({ kind, eventId }) => (kind === 'clean' && eventId ? [eventId] : []));
  expect(ids.length).toBeGreaterThan(10);
  for (const id of ids) expect(demo.output()).toContain(id);
  expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(
    new Set(['clean', 'rejected', 'unwanted', 'duplicate']),
  );
  for (const { reason } of outcomes) expect(demo.output()).toContain(reason ?? '');
  expect(demo.output()).toContain('IP Geolocation by DB-IP');
  expect(pidsOf(file).filter(isAlive)).toEqual([]);
  expect(clusterFolders(closed)).toEqual([]);
});

test('a demo that is killed leaves no process either', async () => {
  const temporary = temporaryFolder(0o755);
  const demo = startDemo([], { TMPDIR: temporary });
  await demo.said('posting sample requests');
  const pids = pidsOf(demo.file());
  demo.process.signal('SIGKILL');
  await demo.ended;
  await expect.poll(() => pids.filter(isAlive)).toEqual([]);
  await expect.poll(() => clusterFolders(temporary)).toEqual([]);
});

test('a taken port is said at once, and nothing is started', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  const demo = startDemo(['--port', String(port)]);
  expect(await demo.ended).toBe(1);
  expect(demo.output()).toBe(
    `demo: port ${port} is taken: choose another with --port, or leave it out for a free one\n`,
  );
});

function temporaryFolder(mode: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, mode);
  return folder;
}
