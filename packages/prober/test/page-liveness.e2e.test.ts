import { chromium, needsChromium, startBrowser, type Tab } from '@penstock/test-browser';
import { startProxy, type FaultProxy } from '@penstock/test-faults';
import { request, type ClientRequest } from 'node:http';
import { connect, createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Incidents } from '../src/alert/incidents.ts';
import { Flow } from '../src/page/flow.ts';
import { startPageServer } from '../src/page/page-server.ts';
import { pageView } from '../src/page/page-view.ts';

const within = { timeout: 60_000, interval: 100 };
const noAnswer = 'The prober does not answer; this page tries again by itself';
const kept = 'Every acknowledged probe arrives once, in order, unchanged';
const blind = 'Part of the pipeline cannot be seen or takes nothing: no verdict there';

/** A page server, and a network to it that does as it is told. */
async function startPage(
  secondsPast = 0,
): Promise<{ proxy: FaultProxy; incidents: Incidents; url: string; port: number }> {
  const flow = new Flow(['fra']);
  for (let second = 0; second < secondsPast; second++) flow.tick();
  const incidents = new Incidents(600_000, () => undefined);
  const source = { datacenters: ['fra'], watched: [], flow, incidents, open: 1 };
  const server = await startPageServer({
    listen: { address: '127.0.0.1', port: 0 },
    knob: 'PENSTOCK_PROBER_PAGE_LISTEN',
    snapshot: () => pageView(source),
    history: () => flow.seconds,
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const { port } = server.address;
  const proxy = await startProxy({ target: { host: '127.0.0.1', port } });
  onTestFinished(() => proxy[Symbol.asyncDispose]());
  return { proxy, incidents, port, url: `http://${proxy.address}/` };
}

const untilSays = (tab: Tab, text: string): Promise<boolean> =>
  vi.waitUntil(
    async () => (await tab.evaluate("document.getElementById('verdict').textContent")) === text,
    within,
  );

test.skipIf(chromium === undefined)(
  `a page that hears nothing says so, though nothing was closed, and recovers${needsChromium}`,
  async () => {
    const { proxy, url } = await startPage();
    await using browser = await startBrowser(chromium!);
    const tab = await browser.open(url);
    await untilSays(tab, kept);
    proxy.stall();
    await untilSays(tab, noAnswer);
    expect(await tab.evaluate('document.title')).toBe('no answer: Penstock');
    await proxy.pass();
    await untilSays(tab, kept);
    expect(await tab.evaluate('document.title')).toBe('Penstock');
  },
);

test.skipIf(chromium === undefined)(
  `a page whose history takes long over a slow line waits for it${needsChromium}`,
  async () => {
    const { port } = await startPage(600);
    await using browser = await startBrowser(chromium!);
    const slow = await startSlowLine(port, 4_000);
    const tab = await browser.open(`http://127.0.0.1:${slow.port}/`);
    await untilSays(tab, kept);
    expect(slow.asked('/updates')).toBe(1);
  },
);

test.skipIf(chromium === undefined)(
  `a page whose prober is away and comes back says what that sees, not that it is away${needsChromium}`,
  async () => {
    const { proxy, incidents, url } = await startPage();
    await using browser = await startBrowser(chromium!);
    const tab = await browser.open(url);
    await untilSays(tab, kept);
    await proxy.refuse();
    proxy.cut();
    await untilSays(tab, noAnswer);
    incidents.happened('blind', 'fra', 'clean', 'fra/clean is behind', performance.now(), new Date());
    await proxy.pass();
    await untilSays(tab, blind);
  },
);

test.skipIf(chromium === undefined)(
  `a page that came when the house was full gets in when somebody leaves${needsChromium}`,
  async () => {
    const { url, port } = await startPage();
    const viewers = await Promise.all(Array.from({ length: 32 }, () => view(port)));
    await using browser = await startBrowser(chromium!);
    const tab = await browser.open(url);
    await untilSays(tab, noAnswer);
    for (const viewer of viewers) viewer.destroy();
    await untilSays(tab, kept);
  },
);

test.skipIf(chromium === undefined)(
  `a tab that nobody sees holds no connection, and shows what is now when it is seen${needsChromium}`,
  async () => {
    const { proxy, incidents, url } = await startPage();
    await using browser = await startBrowser(chromium!);
    const tab = await browser.open(url);
    await untilSays(tab, kept);
    const become = (state: 'hidden' | 'visible'): Promise<unknown> =>
      tab.evaluate(
        `Object.defineProperty(document, 'visibilityState', { value: '${state}', configurable: true });` +
          "document.dispatchEvent(new Event('visibilitychange'))",
      );
    await become('hidden');
    await vi.waitUntil(() => proxy.connectionCount === 0, within);
    incidents.happened('duplicate', 'fra', 'clean', 'x', performance.now(), new Date());
    proxy.stall();
    await become('visible');
    // Before anything is heard: the verdict of before may be long past.
    expect(await tab.evaluate("document.getElementById('verdict').textContent")).toBe('connecting …');
    await proxy.pass();
    await untilSays(tab, 'A promise is broken: see the incidents');
  },
);

/** So many bytes a second reach who asks for /updates; all other answers are as quick as ever. */
async function startSlowLine(
  port: number,
  bytesPerSecond: number,
): Promise<{ port: number; asked(path: string): number }> {
  const asked: string[] = [];
  const server = createServer((client) => {
    const far = connect(port, '127.0.0.1');
    let path = '';
    client.on('data', (bytes: Buffer) => {
      path = /^GET (\S+)/.exec(String(bytes))?.[1] ?? '';
      asked.push(path);
      far.write(bytes);
    });
    const pass = async (bytes: Buffer): Promise<void> => {
      far.pause();
      const step = path === '/updates' ? bytesPerSecond / 20 : bytes.length;
      for (let from = 0; from < bytes.length && !client.destroyed; from += step) {
        client.write(bytes.subarray(from, from + step));
        if (path === '/updates') await sleep(50);
      }
      far.resume();
    };
    far.on('data', (bytes: Buffer) => void pass(bytes));
    for (const [one, other] of [
      [client, far],
      [far, client],
    ] as const)
      one.on('close', () => other.destroy()).on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return {
    port: (server.address() as AddressInfo).port,
    asked: (path) => asked.filter((each) => each === path).length,
  };
}

function view(port: number): Promise<ClientRequest> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path: '/updates', agent: false }, (response) => {
      response.on('error', () => undefined).resume(); // it is cut in the end
      resolve(asked);
    });
    asked.on('error', reject).end();
  });
}
