import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { MapStorage } from '../test/map-storage.ts';
import { startScripted, stored, type Seen } from '../test/scripted-receiver.ts';
import { FileStorage } from './file-storage.ts';
import { Client, type ClientOptions, type Dropped, type EventStorage } from './index.ts';

const nowhere = 'http://127.0.0.1:1';
const hourMs = 3_600_000;

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
  expect(storage.length).toBe(1); // the mark
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

test('a full storage is asked a few times for each event, and has them all once it has room', async () => {
  const { url, seen } = await receiver();
  const storage = new MapStorage();
  storage.full = true;
  const { client } = clientOf(url, storage, { lingerMs: 60_000 });
  const reads = vi.spyOn(storage, 'getItem');
  const writes = vi.spyOn(storage, 'setItem');
  const ids = Array.from({ length: 100 }, () => client.track('a'));
  expect(reads.mock.calls.length).toBeLessThanOrEqual(300);
  expect(writes.mock.calls.length).toBeLessThanOrEqual(300);
  expect(client.waiting).toBe(100);
  storage.full = false;
  ids.push(client.track('b'));
  expect(storage.length).toBe(102); // and the mark
  expect(await client.flush()).toBe(0);
  expect(idsOf(seen)).toEqual(ids);
});

test('a storage that is cleared, and full again at once, costs no event of this page', async () => {
  const { url, seen } = await receiver();
  const storage = new MapStorage();
  const { client } = clientOf(url, storage, { lingerMs: 60_000 });
  const ids = [client.track('a'), client.track('b'), client.track('c')];
  storage.items.clear();
  storage.full = true;
  ids.push(client.track('logout'));
  expect(client.waiting).toBe(4);
  expect(await client.flush()).toBe(0);
  expect(idsOf(seen)).toEqual(ids);
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

test('an event that comes right after the clearing takes none of those before it along', async () => {
  const { url, seen } = await receiver();
  const storage = new MapStorage();
  const { client, dropped } = clientOf(url, storage, { lingerMs: 60_000 });
  const ids = [client.track('a'), client.track('b')];
  storage.items.clear();
  ids.push(client.track('logout'));
  expect(await client.flush()).toBe(0);
  expect(idsOf(seen)).toEqual(ids);
  expect(dropped).toEqual([]);
});

test('a tab whose site is cleared by another tab, which goes on, loses nothing', async () => {
  const { url, seen } = await receiver();
  const storage = new MapStorage();
  const { client: quiet } = clientOf(url, storage, { lingerMs: 60_000 });
  const ids = [quiet.track('a')];
  const { client: other } = clientOf(url, storage, { lingerMs: 60_000 });
  storage.items.clear();
  ids.push(other.track('logout'));
  expect(other.waiting).toBe(1);
  expect(quiet.waiting).toBe(2);
  expect(await other.flush()).toBe(0);
  expect(await quiet.flush()).toBe(0);
  expect(new Set(idsOf(seen))).toEqual(new Set(ids));
});

test('events keep their order when the clock is set back between them, also from page to page', async () => {
  const { url, seen } = await receiver();
  const storage = new MapStorage();
  const options = { lingerMs: 60_000, partitionKey: 'device' };
  const { client: first } = clientOf(url, storage, options);
  const ids = [first.track('a')];
  const clock = vi.spyOn(Date, 'now').mockReturnValue(Date.now() - hourMs);
  onTestFinished(() => clock.mockRestore());
  ids.push(first.track('b'), first.track('c'));
  const { client: second } = clientOf(url, storage, options);
  ids.push(second.track('d'));
  expect(await second.flush()).toBe(0);
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

test('while a request is under way, the storage knows that its events may be there already', async () => {
  const storage = new MapStorage();
  const told: unknown[] = [];
  const { url } = await startScripted((one, response) => {
    // What a later visit finds of a page that ends now.
    const [text = ''] = [...storage.items.values()].filter((each) => each.includes('"event_type":"a"'));
    const [, tries, unseenSinceMs] = JSON.parse(text.split('\n')[0]!) as [string, number, number];
    told.push([tries, Math.abs(Date.now() - unseenSinceMs) < hourMs]);
    stored(response, one);
  });
  const { client } = clientOf(url, storage);
  client.track('a');
  expect(await client.flush()).toBe(0);
  expect(told).toEqual([[1, true]]);
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

test('what else is in the folder is left alone: files of others, lost+found of a volume', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'penstock-client-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'lost+found'));
  await mkdir(join(folder, 'a.item'));
  await writeFile(join(folder, 'orders.db'), 'theirs');
  expect(new FileStorage(folder)).toHaveLength(0);
  expect((await readdir(folder)).toSorted()).toEqual(['a.item', 'lost+found', 'orders.db']);
});

test('to look through 5000 stored events does not copy all their names 5000 times', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'penstock-client-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const storage = new FileStorage(folder);
  for (let n = 0; n < 5_000; n += 1) storage.setItem(`${n}`, 'x');
  // The best of three: others share this machine.
  const tookMs = [1, 2, 3].map(() => {
    const startedAt = performance.now();
    for (let index = 0; index < storage.length; index += 1) storage.key(index);
    return performance.now() - startedAt;
  });
  expect(Math.min(...tookMs)).toBeLessThan(20);
  storage.removeItem('0');
  storage.setItem('new', 'x');
  expect([storage.key(0), storage.key(4_999), storage.key(5_000)]).toEqual(['1', 'new', null]);
});
