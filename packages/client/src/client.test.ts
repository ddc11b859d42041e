import { expect, onTestFinished, test, vi } from 'vitest';
import { html, problem, startScripted, stored, type Seen } from '../test/scripted-receiver.ts';
import { Client, type ClientOptions, type Dropped, type Problem } from './index.ts';

/** Ready to be told of everything; ended with the test. */
function clientOf(url: string, options: Partial<ClientOptions> = {}) {
  const problems: Problem[] = [];
  const dropped: Dropped[] = [];
  const client = new Client({
    url,
    lingerMs: 1,
    retryMaxMs: 10,
    onProblem: (told) => problems.push(told),
    onDropped: (told) => dropped.push(told),
    ...options,
  });
  onTestFinished(async () => void (await client.close(0)));
  return { client, problems, dropped };
}

const idsOf = (seen: readonly Seen[]) => seen.map(({ events }) => events.map((event) => event.event_id));
const typesOf = (seen: readonly Seen[]) => seen.map(({ events }) => events.map((event) => event.event_type));

test('events that come together share a request, in their order, each with id, time and client', async () => {
  const { url, seen } = await startScripted((one, response) => stored(response, one));
  const { client } = clientOf(`${url}/`, { apiKey: 'a-key', partitionKey: 'device 7' });
  const ids = ['a', 'b', 'c'].map((type) => client.track(type, { properties: { price: 2 } }));
  expect(await client.flush()).toBe(0);
  expect(idsOf(seen)).toEqual([ids]);
  expect(new Set(ids).size).toBe(3);
  expect(seen[0]!.headers).toMatchObject({
    'content-type': 'application/json',
    authorization: 'Bearer a-key',
    'x-partition-key': 'device 7',
    'x-attempt': '1',
  });
  expect(seen[0]!.events[0]).toMatchObject({
    event_type: 'a',
    occurred_at: expect.any(Number),
    client: { name: 'penstock-client' },
    properties: { price: 2 },
  });
});

test('a field that is undefined is not given: the event has its time and its client anyhow', async () => {
  const { url, seen } = await startScripted((one, response) => stored(response, one));
  const { client } = clientOf(url);
  const fields: object = { occurred_at: undefined, client: undefined, user_id: undefined };
  client.track('a', fields);
  expect(await client.flush()).toBe(0);
  expect(seen[0]!.events[0]).toMatchObject({
    occurred_at: expect.any(Number),
    client: { name: 'penstock-client' },
  });
});

test('more than a request holds goes in several, one after the other', async () => {
  const { url, seen } = await startScripted((one, response) => stored(response, one));
  const { client } = clientOf(url, { batchEventsMax: 2 });
  for (const type of ['a', 'b', 'c', 'd', 'e']) client.track(type);
  const large = 'x'.repeat(40_000);
  for (const type of ['f', 'g']) client.track(type, { properties: { large } });
  expect(await client.flush()).toBe(0);
  expect(typesOf(seen)).toEqual([['a', 'b'], ['c', 'd'], ['e', 'f'], ['g']]);
});

const noAnswers: [name: string, (response: Parameters<typeof stored>[0]) => void][] = [
  ['the connection is cut', (response) => response.destroy()],
  ['the connection is cut within the answer', (response) => cutWithinAnswer(response)],
  ['the portal of a hotel says 200', (response) => html(response, 200)],
  ['a proxy says 204', (response) => void response.writeHead(204).end()],
  ['a proxy says 502', (response) => html(response, 502)],
  ['the Receiver says 503', (response) => problem(response, 503, 'kafka-late', true, { 'retry-after': '0' })],
  ['the Receiver says 429', (response) => problem(response, 429, 'quota-exceeded', true)],
  ['the Receiver says 408', (response) => problem(response, 408, 'slow-request', true)],
  ['the body was cut', (response) => problem(response, 400, 'truncated-body', true)],
  ['the key is not known yet', (response) => problem(response, 403, 'key-unknown', false)],
  ['there is no such route yet', (response) => problem(response, 404, 'not-found', false)],
  [
    'the date of a retry is nonsense',
    (response) => void response.writeHead(503, { 'retry-after': 'soon' }).end(),
  ],
  ['nobody answers', () => {}],
];

test.each(noAnswers)(
  '%s: the same events go again, with the same ids and the same key',
  async (_, answer) => {
    const { url, seen } = await startScripted((one, response, nth) =>
      nth < 3 ? answer(response) : stored(response, one),
    );
    const { client, problems, dropped } = clientOf(url, { requestTimeoutMs: 300 });
    client.track('a', { occurred_at: 1_700_000_000_000 });
    client.track('b');
    expect(await client.flush(30_000)).toBe(0);
    expect(seen).toHaveLength(3);
    const sent = seen.map(({ events }) => events);
    expect(sent[1]).toEqual(sent[0]);
    expect(sent[2]).toEqual(sent[0]);
    expect(new Set(seen.map(({ headers }) => headers['x-partition-key'])).size).toBe(1);
    expect(seen.map(({ headers }) => headers['x-attempt'])).toEqual(['1', '2', '3']);
    expect(problems).toHaveLength(2);
    expect(dropped).toEqual([]);
  },
);

function cutWithinAnswer(response: Parameters<typeof stored>[0]): void {
  response.writeHead(200, { 'content-length': '99' });
  response.write('{"request_id":"031a4396-c053-46ad-ac96-9ab7947eb304","bytes":4}', () => response.destroy());
}

test('the server is not asked again before it allows it, whatever else happens', async () => {
  const { url, seen } = await startScripted((one, response, nth) =>
    nth === 1 ? problem(response, 503, 'stopping', true, { 'retry-after': '1' }) : stored(response, one),
  );
  const { client, problems } = clientOf(url);
  client.track('a');
  await vi.waitUntil(() => problems.length > 0, 30_000);
  const refusedAt = performance.now();
  client.track('b');
  expect(await client.flush(20_000)).toBe(0);
  expect(performance.now() - refusedAt).toBeGreaterThan(950);
  expect(problems[0]).toMatchObject({ code: 'stopping', status: 503, events: 1 });
  expect(typesOf(seen)).toEqual([['a'], ['a', 'b']]);
});

test('a request that is too large is split; one event that never fits is dropped and told', async () => {
  const { url, seen } = await startScripted((one, response) =>
    one.body.length > 1_000 ? html(response, 413) : stored(response, one),
  );
  const { client, dropped } = clientOf(url);
  const sized = (length: number) => ({ properties: { text: 'x'.repeat(length) } });
  for (const [type, length] of Object.entries({ a: 300, b: 300, c: 2_000, d: 300, e: 300 }))
    client.track(type, sized(length));
  expect(await client.flush()).toBe(0);
  expect(dropped).toMatchObject([{ reason: 'too-large', events: [expect.stringContaining('"c"')] }]);
  const taken = seen.filter(({ body }) => body.length <= 1_000);
  expect(typesOf(taken).flat()).toEqual(['a', 'b', 'd', 'e']);
});

const poison = { properties: { text: "'; DROP TABLE users" } };
const isPoisoned = ({ body }: Seen) => body.includes('DROP TABLE');

test('an event that the Receiver refuses does not take others with it', async () => {
  const { url, seen } = await startScripted((one, response) =>
    isPoisoned(one) ? problem(response, 400, 'bad-request', false) : stored(response, one),
  );
  const { client, dropped } = clientOf(url);
  for (const type of ['a', 'b', 'c', 'd']) client.track(type, type === 'b' ? poison : {});
  expect(await client.flush()).toBe(0);
  expect(dropped).toMatchObject([{ reason: 'refused', events: [expect.stringContaining('"b"')] }]);
  expect(typesOf(seen.filter((one) => !isPoisoned(one))).flat()).toEqual(['a', 'c', 'd']);
});

test('with a wrong url, events are kept, and each try is told with the path that was meant', async () => {
  const detail = 'Did you mean /v4/events?';
  const { url, seen } = await startScripted((one, response, nth) =>
    nth < 3 ? problem(response, 404, 'not-found', false, {}, { detail }) : stored(response, one),
  );
  const warned = vi.spyOn(console, 'warn').mockImplementation(() => {});
  onTestFinished(() => warned.mockRestore());
  const dropped: Dropped[] = [];
  const options = { url, lingerMs: 1, retryMaxMs: 10, onDropped: (one: Dropped) => dropped.push(one) };
  await using client = new Client(options);
  for (const type of ['a', 'b']) client.track(type);
  expect(await client.flush(30_000)).toBe(0);
  const told = { code: 'not-found', status: 404, detail, events: 2, retryInMs: expect.any(Number) };
  expect(warned.mock.calls.map(([, problemTold]) => problemTold as object)).toEqual([told, told]);
  expect(typesOf(seen)).toEqual([
    ['a', 'b'],
    ['a', 'b'],
    ['a', 'b'],
  ]);
  expect(dropped).toEqual([]);
});

test('an event that a firewall refuses is kept, and holds up nobody', async () => {
  const { url, seen } = await startScripted((one, response) =>
    isPoisoned(one) ? html(response, 403) : stored(response, one),
  );
  const { client, dropped } = clientOf(url);
  for (const type of ['a', 'b', 'c', 'd']) client.track(type, type === 'b' ? poison : {});
  const taken = () => typesOf(seen.filter((one) => !isPoisoned(one))).flat();
  await vi.waitUntil(() => taken().length === 3, 30_000);
  expect(taken()).toEqual(['a', 'c', 'd']);
  client.track('e');
  await vi.waitUntil(() => taken().length === 4, 30_000);
  expect(client.waiting).toBe(1);
  expect(dropped).toEqual([]);
});

test('when the queue is full, an event is not taken, and none that was taken is dropped for it', async () => {
  const { url, seen } = await startScripted((one, response) => stored(response, one));
  const { client, dropped } = clientOf(url, { queueCharactersMax: 1_000, lingerMs: 60_000 });
  const ids = Array.from({ length: 20 }, (_, n) => client.track(`event-${n}`));
  const taken = ids.filter((id) => id !== undefined);
  expect(taken.length).toBeGreaterThan(1);
  expect(taken.length).toBeLessThan(20);
  expect(await client.flush()).toBe(0);
  expect(idsOf(seen).flat()).toEqual(taken);
  expect(dropped).toHaveLength(20 - taken.length);
  expect(dropped[0]).toMatchObject({ reason: 'queue-full', events: [expect.stringContaining('event-')] });
  expect(client.track('again')).toBeDefined();
});

test('what JSON cannot say, and what the pipeline would reject, is told and throws nothing', async () => {
  const { url, seen } = await startScripted((one, response) => stored(response, one));
  const { client, dropped } = clientOf(url);
  const circle: Record<string, unknown> = {};
  circle['itself'] = circle;
  const toJSON = () => {
    throw new Error('no');
  };
  for (const properties of [circle, { n: 1n }, { toJSON }, { text: 'x'.repeat(256 * 1024) }])
    expect(client.track('odd', { properties })).toBeUndefined();
  client.track('fine', { properties: { half: '\ud83d', none: NaN, missing: undefined } });
  expect(await client.flush()).toBe(0);
  expect(dropped.map(({ reason }) => reason)).toEqual(['not-json', 'not-json', 'not-json', 'too-large']);
  expect(seen.map(({ events }) => events[0]!.properties)).toEqual([{ half: '\ud83d', none: null }]);
});

test('what is tracked while a request is on its way is sent after it', async () => {
  const { url, seen } = await startScripted((one, response, nth) => {
    if (nth === 1) client.track('b');
    stored(response, one);
  });
  const { client } = clientOf(url);
  client.track('a');
  await vi.waitUntil(() => seen.length === 2, 30_000);
  expect(typesOf(seen)).toEqual([['a'], ['b']]);
});

test('a client that is closed says what still waits, and takes no more', async () => {
  const { client } = clientOf('http://127.0.0.1:1');
  client.track('a');
  expect(await client.close(50)).toBe(1);
  expect(() => client.track('b')).toThrow('closed');
});

test.each([
  [{ url: '/events' }, 'url'],
  [{ url: 'https://events.example/?a=b' }, 'url'],
  [{ url: 'http://a', partitionKey: 'Zoë' }, 'partitionKey'],
  [{ url: 'http://a', partitionKey: '' }, 'partitionKey'],
  [{ url: 'http://a', apiKey: 'two\nlines' }, 'apiKey'],
])('options that would fail at each try are refused at once: %j', (options, what) => {
  expect(() => new Client(options)).toThrow(what);
});
