import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { MapStorage } from '../test/map-storage.ts';
import { startScripted, stored, type Seen } from '../test/scripted-receiver.ts';
import { FileStorage } from './file-storage.ts';
import { Client, type ClientOptions, type Dropped, type EventStorage } from './index.ts';

const nowhere = 'http://127.0.0.1:1';

function clientOf(url: string, storage: EventStorage | null, options: Partial<ClientOptions> = {}) {
  const dropped: Dropped[] = [];
  const client = new Client({
    ...{ url, storage, lingerMs: 1, retryMaxMs: 10 },
    onProblem: () => {},
    onDropped: (told) => dropped.push(told),
    ...options,
  });
  onTestFinished(async () => void (await client.close(0)));
  return { client, dropped };
}

const receiver = () => startScripted((one, response) => stored(response, one));
const idsOf = (seen: readonly Seen[]) => seen.flatMap(({ events }) => events.map((event) => event.event_id));
/** The names under which a client for another url left its events, made those of this one. */
const movedTo = (storage: MapStorage, url: string) => {
  for (const [name, text] of [...storage.items]) {
    storage.items.delete(name);
    storage.items.set(name.replace(nowhere, url), text);
  }
};

test('events that a page could not send are sent by the next, with their ids and their key', async () => {
  const { url, seen } = await receiver();
  const storage = new MapStorage();
  const { client: first } = clientOf(nowhere, storage);
  const ids = [first.track('a'), first.track('b')];
  expect(await first.close(50)).toBe(2);
  movedTo(storage, url);
  const text = [...storage.items.values()].find((each) => each.includes('"a"'))!;
  const { client } = clientOf(url, storage);
  await vi.waitUntil(() => client.waiting === 0, 30_000);
  expect(idsOf(seen)).toEqual(ids);
  expect(JSON.parse(text.split('\n')[0]!)[0]).toBe(seen[0]!.headers['x-partition-key']);
  expect(Number(seen[0]!.headers['x-attempt'])).toBeGreaterThan(1);
  expect([...storage.items.values()]).toEqual(['1']);
});

test.each(['full', 'denied'] as const)('a storage that is %s costs no event of this page', async (how) => {
  const { url, seen } = await receiver();
  const storage = new MapStorage();
  const { client, dropped } = clientOf(url, storage, { lingerMs: 60_000 });
  const ids = [client.track('a')];
  storage[how] = true;
  ids.push(client.track('b'), client.track('c'));
  expect(client.waiting).toBe(3);
  expect(await client.flush()).toBe(0);
  expect(idsOf(seen)).toEqual(ids);
  expect(dropped).toEqual([]);
});

test('a site that clears its storage throws away no event of ours', async () => {
  const { url, seen } = await receiver();
  const storage = new MapStorage();
  const { client } = clientOf(url, storage, { lingerMs: 60_000 });
  const ids = [client.track('a'), client.track('b')];
  storage.items.clear();
  ids.push(client.track('c'));
  storage.items.clear();
  expect(await client.flush()).toBe(0);
  expect(idsOf(seen)).toEqual(ids);
});

test('what one tab has had acknowledged, another does not send an hour later', async () => {
  const { url, seen } = await receiver();
  const storage = new MapStorage();
  const { client: sleeping } = clientOf(url, storage, { lingerMs: 60_000 });
  const id = sleeping.track('a');
  const { client: awake } = clientOf(url, storage);
  await vi.waitUntil(() => awake.waiting === 0, 30_000);
  const next = sleeping.track('b');
  expect(await sleeping.flush()).toBe(0);
  expect(idsOf(seen)).toEqual([id, next]);
});

test('a try that fails after another tab has succeeded brings nothing back', async () => {
  let cut = () => {};
  const storage = new MapStorage();
  const { url, seen } = await startScripted((one, response, nth) => {
    if (nth === 1) cut = () => void response.destroy();
    else stored(response, one);
  });
  const { client: slow } = clientOf(url, storage);
  const id = slow.track('a');
  await vi.waitUntil(() => seen.length === 1, 30_000);
  const { client: fast } = clientOf(url, storage);
  await vi.waitUntil(() => fast.waiting === 0, 30_000);
  cut();
  slow.track('b');
  expect(await slow.flush()).toBe(0);
  expect(idsOf(seen).filter((each) => each === id)).toHaveLength(2);
});

test('events of two keys never share a request', async () => {
  const { url, seen } = await receiver();
  const storage = new MapStorage();
  const { client: first } = clientOf(url, storage, { lingerMs: 60_000, partitionKey: 'one' });
  const { client: second } = clientOf(url, storage, { lingerMs: 60_000, partitionKey: 'two' });
  const ids = [first.track('a'), second.track('b'), first.track('c')];
  expect(await second.flush()).toBe(0);
  const sent = seen.map(({ headers, events }) => [headers['x-partition-key'], events.length]);
  expect(sent).toHaveLength(2);
  expect(sent).toEqual(
    expect.arrayContaining([
      ['one', 2],
      ['two', 1],
    ]),
  );
  expect(new Set(idsOf(seen))).toEqual(new Set(ids));
});

test('what others write under our names is taken out and told, and breaks no request', async () => {
  const { url, seen } = await receiver();
  const storage = new MapStorage();
  const prefix = `penstock1 ${url}  `;
  const broken = ['', 'x', '[1]\n{}', '["k",0,0]', '["k",0,0]\n{"event_type":', '["k",0,0]\n7', 'null\n{}'];
  for (const [n, text] of broken.entries()) storage.items.set(`${prefix}${n}`, text);
  storage.items.set('theirs', 'kept');
  const { client, dropped } = clientOf(url, storage);
  const id = client.track('a');
  expect(await client.flush()).toBe(0);
  expect(idsOf(seen)).toEqual([id]);
  expect(dropped.map(({ reason }) => reason)).toEqual(broken.map(() => 'unreadable'));
  expect([...storage.items.keys()].toSorted()).toEqual([prefix, 'theirs'].toSorted());
});

const hourMs = 3_600_000;

test.each([
  ['resend', -hourMs, 3],
  ['resend', hourMs, 3],
  ['drop', -hourMs, 2],
  ['drop', hourMs, 2],
  ['drop', -60_000, 3],
] as const)('unseen=%s: an event whose try began %i ms from now', async (unseen, fromNowMs, sent) => {
  const { url, seen } = await receiver();
  const storage = new MapStorage();
  const { client: first } = clientOf(url, storage, { lingerMs: 60_000 });
  const ids = ['a', 'b', 'c'].map((type) => first.track(type));
  const [name, text] = [...storage.items].find(([, each]) => each.includes('"b"'))!;
  storage.items.set(name, text.replace('",0,0]', `",1,${Date.now() + fromNowMs}]`));
  const { client, dropped } = clientOf(url, storage, { unseen });
  expect(await client.flush()).toBe(0);
  expect(idsOf(seen)).toEqual(sent === 3 ? ids : [ids[0], ids[2]]);
  expect(dropped.map(({ reason }) => reason)).toEqual(sent === 3 ? [] : ['unseen']);
});

test('in Node, a folder keeps events from process to process; an unfinished draft is none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'penstock-client-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const { url, seen } = await receiver();
  const { client: first } = clientOf(url, new FileStorage(folder), { lingerMs: 60_000 });
  const ids = [first.track('a'), first.track('b', { properties: { text: 'two\nlines' } })];
  await writeFile(join(folder, 'f00.item.draft'), 'half');
  const { client } = clientOf(url, new FileStorage(folder));
  expect(await client.flush()).toBe(0);
  expect(idsOf(seen)).toEqual(ids);
  expect(await readdir(folder)).toHaveLength(1);
});
