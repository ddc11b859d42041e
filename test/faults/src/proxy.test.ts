import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { apiKeys } from './api-keys.ts';
import { type FaultProxy, startProxy } from './proxy.ts';
import { type TestClient, openClient, request, startAnswering } from './wire.fixture.ts';

async function setUp(): Promise<{
  peer: Awaited<ReturnType<typeof startAnswering>>;
  proxy: FaultProxy;
  client: TestClient;
}> {
  const peer = await startAnswering();
  const proxy = await startProxy({ target: { host: '127.0.0.1', port: peer.port } });
  const client = await openClient(proxy.port);
  onTestFinished(async () => {
    client.socket.destroy();
    await proxy[Symbol.asyncDispose]();
    await peer[Symbol.asyncDispose]();
  });
  return { peer, proxy, client };
}

test('bytes pass unchanged and in order, more than any buffer holds', async () => {
  const { client, peer } = await setUp();
  const frame = request(apiKeys.produce, 1, 'x'.repeat(1 << 20));
  for (let index = 0; index < 20; index += 1) client.send(frame);
  await client.answers(20);
  expect(peer.received()).toBe(20 * frame.length);
  expect(client.receivedBytes).toBe(20 * (frame.length - 4));
});

test('a dropped response was carried out, earlier answers arrive, and the connection is cut', async () => {
  const { client, peer, proxy } = await setUp();
  const trap = proxy.dropNextResponse({ apiKey: apiKeys.produce });
  client.send(Buffer.concat([request(apiKeys.metadata, 1, 'a'), request(apiKeys.produce, 2, 'b')]));
  await trap.struck;
  expect(await client.ended).toBe('FIN');
  expect(client.answered).toEqual([1]);
  expect(peer.seen).toEqual([1, 2]);
  // The trap is spent.
  const again = await openClient(proxy.port);
  again.send(request(apiKeys.produce, 3, 'b'));
  expect(await again.answers(1)).toEqual([3]);
  again.socket.destroy();
});

test('a swallowed response leaves the connection, and the following answers come', async () => {
  const { client, proxy } = await setUp();
  proxy.dropNextResponse({ apiKey: apiKeys.endTxn, thenCut: false });
  client.send(Buffer.concat([request(apiKeys.endTxn, 1, 'a'), request(apiKeys.endTxn, 2, 'b')]));
  expect(await client.answers(1)).toEqual([2]);
});

test('a request that is cut before its first byte never reaches the broker', async () => {
  const { client, peer, proxy } = await setUp();
  const trap = proxy.cutBeforeRequest({ apiKey: apiKeys.endTxn });
  client.send(Buffer.concat([request(apiKeys.produce, 1, 'a'), request(apiKeys.endTxn, 2, 'b')]));
  await trap.struck;
  await client.ended;
  await expect.poll(() => peer.seen).toEqual([1]);
});

test('a swallowed request never reaches the broker, the ones around it do', async () => {
  const { client, peer, proxy } = await setUp();
  proxy.swallowNextRequest({ apiKey: apiKeys.fetch });
  for (const [index, apiKey] of [apiKeys.produce, apiKeys.fetch, apiKeys.fetch].entries()) {
    client.send(request(apiKey, index, 'x'));
  }
  expect(await client.answers(2)).toEqual([0, 2]);
  expect(peer.seen).toEqual([0, 2]);
});

test('a disarmed trap does not strike', async () => {
  const { client, proxy } = await setUp();
  proxy.cutBeforeRequest({ apiKey: apiKeys.produce }).disarm();
  client.send(request(apiKeys.produce, 1, 'x'));
  expect(await client.answers(1)).toEqual([1]);
});

test('the connection is cut after exactly so many bytes, either way', async () => {
  const { client, peer, proxy } = await setUp();
  proxy.cutAfter('toBroker', 50);
  client.send(request(apiKeys.produce, 1, 'x'.repeat(1_000)));
  await client.ended;
  await expect.poll(() => peer.received()).toBe(50);

  const other = await openClient(proxy.port);
  proxy.cutAfter('toClient', 7);
  other.send(request(apiKeys.produce, 2, 'x'));
  await other.ended;
  expect(other.receivedBytes).toBe(7);
});

test('while connections are refused the old ones work; later new ones do, on the same port', async () => {
  const { client, proxy } = await setUp();
  const { port } = proxy;
  await proxy.refuse();
  await expect(openClient(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  client.send(request(apiKeys.produce, 1, 'x'));
  expect(await client.answers(1)).toEqual([1]);
  await proxy.pass();
  expect(proxy.port).toBe(port);
  const other = await openClient(port);
  other.send(request(apiKeys.produce, 2, 'x'));
  expect(await other.answers(1)).toEqual([2]);
  other.socket.destroy();
});

test('a stalled connection stays open and silent, and goes on where it was', async () => {
  const { client, peer, proxy } = await setUp();
  proxy.stall('toClient');
  client.send(request(apiKeys.produce, 1, 'x'));
  await expect.poll(() => peer.seen).toEqual([1]);
  await sleep(50);
  expect(client.receivedBytes).toBe(0);
  expect(client.socket.readyState).toBe('open');
  await proxy.pass();
  expect(await client.answers(1)).toEqual([1]);
});

test('a connection opened while everything stalls is stalled too', async () => {
  const { peer, proxy } = await setUp();
  proxy.stall();
  const late = await openClient(proxy.port);
  late.send(request(apiKeys.produce, 5, 'x'));
  await sleep(50);
  expect(peer.seen).toEqual([]);
  await proxy.pass();
  expect(await late.answers(1)).toEqual([5]);
  late.socket.destroy();
});

test('a delay postpones each answer there and back, and does not add up over a pipeline', async () => {
  const { client, proxy } = await setUp();
  proxy.delay(40);
  const startedMs = performance.now();
  for (let index = 0; index < 40; index += 1) client.send(request(apiKeys.fetch, index, 'x'));
  await client.answers(40);
  const tookMs = performance.now() - startedMs;
  expect(tookMs).toBeGreaterThanOrEqual(78);
  expect(tookMs).toBeLessThan(40 * 80);
});

test('what a lost packet held comes later, and holds up what is behind it', async () => {
  const { client, proxy } = await setUp();
  proxy.lose({ share: 1, againMs: 60, seed: 1 });
  const startedMs = performance.now();
  client.send(request(apiKeys.fetch, 1, 'x'));
  await client.answers(1);
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(118);
  proxy.lose({ share: 0.3, againMs: 5, seed: 1 });
  const ids = Array.from({ length: 40 }, (_, index) => 2 + index);
  for (const id of ids) client.send(request(apiKeys.fetch, id, 'x'));
  expect(await client.answers(41)).toEqual([1, ...ids]);
});

test('the same seed loses the same packets, another one others, whatever other connections do', async () => {
  const lostWith = async (seed: number, busyNeighbour: boolean): Promise<string[]> => {
    const { client, proxy } = await setUp();
    const neighbour = busyNeighbour ? await openClient(proxy.port) : undefined;
    onTestFinished(() => void neighbour?.socket.destroy());
    const lost: string[] = [];
    proxy.lose({ share: 0.3, againMs: 1, seed, onLost: (place) => void lost.push(place) });
    // One at a time: nothing is joined to a larger chunk.
    for (let index = 1; index <= 40; index += 1) {
      client.send(request(apiKeys.fetch, index, 'x'));
      neighbour?.send(request(apiKeys.fetch, index, 'y'));
      await client.answers(index);
    }
    return lost.filter((place) => place.startsWith('connection 1 '));
  };
  const lost = await lostWith(7, false);
  expect(lost.length).toBeGreaterThan(5);
  expect(lost.length).toBeLessThan(75);
  expect(await lostWith(7, true)).toEqual(lost);
  expect(await lostWith(8, false)).not.toEqual(lost);
});

test('a cut is a FIN, a reset is ECONNRESET, a half-close leaves the other way open', async () => {
  const { client, peer, proxy } = await setUp();
  client.send(request(apiKeys.fetch, 1, 'x'));
  await client.answers(1);
  proxy.halfClose('client');
  expect(await client.ended).toBe('FIN');
  client.send(request(apiKeys.fetch, 2, 'x'));
  await expect.poll(() => peer.seen).toEqual([1, 2]);

  const reset = await openClient(proxy.port);
  await expect.poll(() => proxy.connectionCount).toBe(2);
  proxy.reset();
  expect(await reset.ended).toBe('ECONNRESET');
  await expect.poll(() => proxy.connectionCount).toBe(0);

  const cut = await openClient(proxy.port);
  cut.send(request(apiKeys.fetch, 3, 'x'));
  await cut.answers(1);
  proxy.cut();
  expect(await cut.ended).toBe('FIN');
});
