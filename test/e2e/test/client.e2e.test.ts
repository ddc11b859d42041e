import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCluster, type Cluster } from '@penstock/kafka';
import { startKafka, type TestKafka } from '@penstock/test-broker';
import { chromium, needsChromium, startBrowser, type Browser, type Tab } from '@penstock/test-browser';
import { startProxy, type FaultProxy } from '@penstock/test-faults';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { startClientSite, type ClientSite } from '../src/client-page.ts';
import { bodiesWith, sightingsOf } from '../src/event-sightings.ts';
import { startPipeline } from '../src/pipeline.ts';

// Pages with the client in a real Chromium, a whole pipeline behind them, and what takes events from other
// trackers: pages that close or crash, networks that are cut, servers that refuse, tabs side by side. The
// page is of another origin than the Receiver, as on every site.

describe.skipIf(chromium === undefined)(`a page with the client${needsChromium}`, () => {
  const cleanup = new AsyncDisposableStack();
  afterAll(() => cleanup.disposeAsync());
  let site: ClientSite, browser: Browser, proxy: FaultProxy, datacenter: TestKafka, master: TestKafka;
  let here: Cluster, there: Cluster;
  /** Ids of everything that a page was told to be taken. */
  const tracked: string[] = [];

  beforeAll(async () => {
    const logFolder = await mkdtemp(join(tmpdir(), 'penstock-client-e2e-'));
    cleanup.defer(() => rm(logFolder, { recursive: true, force: true }));
    site = cleanup.use(await startClientSite());
    [datacenter, master, browser] = await Promise.all([
      startKafka({ name: 'datacenter' }).then((kafka) => cleanup.use(kafka)),
      startKafka({ name: 'master' }).then((kafka) => cleanup.use(kafka)),
      startBrowser(chromium!).then((started) => cleanup.use(started)),
    ]);
    const pipeline = cleanup.use(
      await startPipeline({
        ...{ datacenter, master, partitions: 4, replicationFactor: 1, logFolder },
        receiverEnv: {
          PENSTOCK_RECEIVER_CORS_ORIGINS: site.origin,
          PENSTOCK_RECEIVER_DELIVERY_TIMEOUT_MS: '1500',
          PENSTOCK_RECEIVER_RETRY_AFTER_MAX_MS: '1000',
        },
      }),
    );
    const { hostname: host, port } = new URL(pipeline.receiverUrl);
    proxy = cleanup.use(await startProxy({ target: { host, port: Number(port) } }));
    const open = async ({ bootstrap }: TestKafka) =>
      cleanup.use(await openCluster({ bootstrap, clientId: 'e2e-judge' }));
    [there, here] = [await open(datacenter), await open(master)];
  });

  // What a test that fails leaves broken must not fail the next ones.
  afterEach(async () => {
    await proxy.pass();
    await datacenter.brokers[0]!.resume();
  });

  const openPage = (origin = site.origin): Promise<Tab> =>
    browser.open(`${origin}/?url=http://${proxy.address}`);

  /** In one turn of the page, before anything else happens to it. */
  async function track(tab: Tab, count: number, then = ''): Promise<string[]> {
    const type = `'page_view', { properties: { text: 'x'.repeat(200) } }`;
    const tracking = `Array.from({ length: ${count} }, () => penstock.track(${type}))`;
    const ids = (await tab.evaluate(
      `(() => { const ids = ${tracking}; ${then}; return ids; })()`,
    )) as string[];
    tracked.push(...ids);
    return ids;
  }

  const waiting = (tab: Tab) => tab.evaluate('penstock.waiting');
  const acknowledged = async (tab: Tab): Promise<void> => {
    await expect.poll(() => waiting(tab)).toBe(0);
  };

  /** With a connection, and the browser's leave for this origin. */
  async function openPageThatHasSent(): Promise<Tab> {
    const tab = await openPage();
    await track(tab, 1);
    await acknowledged(tab);
    return tab;
  }

  /**
   * Requests that the client made with this event: each has a send time of its own, so a body of its own.
   * Copies of one body are Chromium's: what a kept connection does not answer before it ends, it sends again
   * by another one, up to twice, and also when the page is gone. No program sees that.
   */
  async function requestsWith(id: string): Promise<number> {
    return (await bodiesWith(there, 'events.raw', id)).size;
  }

  /** Waits until the master has all of them; each must be there once. */
  async function expectOnce(ids: readonly string[]): Promise<void> {
    const times = await vi.waitUntil(
      async () => {
        const sightings = await sightingsOf(here, 'events.clean');
        return ids.every((id) => sightings.has(id)) && ids.map((id) => sightings.get(id));
      },
      { timeout: 60_000, interval: 100 },
    );
    expect(times).toEqual(ids.map(() => 1));
  }

  test('sends, and reads the answer across origins', async () => {
    const tab = await openPage();
    const ids = await track(tab, 3);
    await acknowledged(tab);
    expect(await tab.evaluate('[...problems, ...dropped]')).toEqual([]);
    await expectOnce(ids);
    await tab.close();
  });

  test('closed at once: what it had just tracked arrives, and the next page doubles nothing', async () => {
    const tab = await openPage();
    const ids = await track(tab, 5);
    await tab.close();
    await expectOnce(ids);
    const next = await openPage();
    await acknowledged(next);
    expect(await requestsWith(ids[0]!)).toBe(2);
    await expectOnce(ids);
    await next.close();
  });

  test('crashed while a request waits: the next page sends it again, and it counts once', async () => {
    const tab = await openPageThatHasSent();
    proxy.stall('toClient');
    const ids = await track(tab, 4);
    await expect.poll(() => requestsWith(ids[0]!)).toBe(1);
    await tab.crash();
    await proxy.pass();
    proxy.cut();
    const next = await openPage();
    await acknowledged(next);
    expect(await requestsWith(ids[0]!)).toBe(2);
    await expectOnce(ids);
    await next.close();
  });

  test('cut off, then back: nothing is lost, and what was on its way counts once', async () => {
    const tab = await openPageThatHasSent();
    proxy.stall('toClient');
    const cut = await track(tab, 2);
    await expect.poll(() => requestsWith(cut[0]!)).toBe(1);
    await tab.offline(true);
    proxy.cut();
    const meanwhile = await track(tab, 2);
    await expect.poll(() => tab.evaluate('problems.length')).toBeGreaterThan(1);
    expect(await tab.evaluate('problems[0].code')).toBe('no-answer');
    await proxy.pass();
    await tab.offline(false);
    await acknowledged(tab);
    expect(await requestsWith(cut[0]!)).toBe(2);
    await expectOnce([...cut, ...meanwhile]);
    await tab.close();
  });

  test('refused with 503 while Kafka is away: sent again when it is back, and it counts once', async () => {
    const tab = await openPage();
    await datacenter.brokers[0]!.pause();
    const ids = await track(tab, 3);
    await expect.poll(() => tab.evaluate('problems.length')).toBeGreaterThan(0);
    expect(await tab.evaluate('problems[0]')).toMatchObject({ status: 503, events: 3 });
    expect(['kafka-late', 'kafka-refused']).toContain(await tab.evaluate('problems[0].code'));
    await datacenter.brokers[0]!.resume();
    await acknowledged(tab);
    await expectOnce(ids);
    await tab.close();
  });

  test('closed while the server refuses: the next page sends what is left', async () => {
    const tab = await openPage();
    await proxy.refuse();
    proxy.cut();
    const ids = await track(tab, 3);
    await expect.poll(() => tab.evaluate('problems.length')).toBeGreaterThan(0);
    await tab.close();
    await proxy.pass();
    const next = await openPage();
    await acknowledged(next);
    await expectOnce(ids);
    await next.close();
  });

  test('beside another tab of its site: both send, one goes, each event counts once', async () => {
    const tabs = await Promise.all([openPage(), openPage(), openPage()]);
    const ids = (await Promise.all(tabs.map((tab) => track(tab, 20)))).flat();
    await tabs[0].close();
    ids.push(...(await track(tabs[1], 5)));
    await acknowledged(tabs[1]);
    await expectOnce(ids);
    await Promise.all([tabs[1].close(), tabs[2].close()]);
  });

  test('with a full storage: in memory, and the last of them as the page closes', async () => {
    const tab = await openPage();
    const fill = `for (let size = 4e6; size >= 1; size = size / 2 | 0)
      try { for (let n = 0; ; n += 1) localStorage.setItem(size + '-' + n, 'x'.repeat(size)); } catch {}`;
    await tab.evaluate(fill);
    const ids = await track(tab, 3);
    await acknowledged(tab);
    const last = await track(
      tab,
      2,
      "window.stored = Object.values(localStorage).some((each) => each.includes('page_view'))",
    );
    expect(await tab.evaluate('stored')).toBe(false);
    await tab.close();
    await expectOnce([...ids, ...last]);
    const next = await openPage();
    await next.evaluate('localStorage.clear()');
    await next.close();
  });

  test('of an origin that the Receiver does not know: it reads no answer, and loses nothing', async () => {
    const tab = await openPage(site.strangerOrigin);
    const ids = await track(tab, 1);
    await expect.poll(() => tab.evaluate('problems.length')).toBeGreaterThan(0);
    expect(await tab.evaluate('problems[0].code')).toBe('no-answer');
    expect(await waiting(tab)).toBe(1);
    // A beacon needs no leave, and nobody reads its answer.
    const beacon = `navigator.sendBeacon('http://${proxy.address}/v4/beacon?partition_key=k', `;
    const id = 'd0a1b2c3-0001-4000-8000-000000000001';
    expect(await tab.evaluate(`${beacon}'{"event_type":"beacon","event_id":"${id}"}')`)).toBe(true);
    tracked.push(id);
    await expectOnce([id]);
    expect((await sightingsOf(here, 'events.clean')).has(ids[0]!)).toBe(false);
    tracked.splice(tracked.indexOf(ids[0]!), 1);
    await tab.close();
  });

  test("after all of it, Kafka's own consumer sees each event once in the master", async () => {
    const records = await master.consoleConsume('events.clean', {
      maxMessages: tracked.length,
      timeoutMs: 60_000,
    });
    expect(records).toHaveLength(tracked.length);
    const sightings = await sightingsOf(here, 'events.clean');
    expect(new Map(tracked.map((id) => [id, 1]))).toEqual(sightings);
  });
});
