import { chromium, needsChromium, startBrowser } from '@penstock/test-browser';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Incidents } from '../src/alert/incidents.ts';
import { Flow } from '../src/page/flow.ts';
import { startPageServer } from '../src/page/page-server.ts';
import { pageView } from '../src/page/page-view.ts';

test.skipIf(chromium === undefined)(
  `a browser shows the verdict, each hop and the incidents${needsChromium}`,
  async () => {
    const flow = new Flow(['fra', 'nyc']);
    const incidents = new Incidents(60_000, () => undefined);
    flow.found('ok', 'fra', 'master', 640);
    flow.found('duplicate', 'nyc', 'clean', 90_000);
    flow.read('fra/clean', 120);
    flow.tick();
    incidents.happened('duplicate', 'nyc', 'clean', '<b>not markup</b>', performance.now(), new Date());
    const url = await startPage(flow, incidents);
    await using browser = await startBrowser(chromium!);
    const page = await browser.open(url);
    const shown = (): Promise<string> => page.evaluate('document.body.outerHTML').then(String);
    const contents = await vi.waitUntil(async () => {
      const html = await shown();
      return html.includes('A promise is broken: see the incidents') && html;
    }, 60_000);
    expect(contents).toContain('640 ms, at most 640 ms');
    expect(contents).toContain('<td>nyc/clean</td>');
    expect(contents).toContain('<dt>duplicate</dt><dd>1</dd>');
    expect(contents).toMatch(/<svg id="duplicates"[^>]*class="bad"/);
  },
);

test.skipIf(chromium === undefined)(
  `a browser shows what nobody can judge as unknown, not as a broken promise${needsChromium}`,
  async () => {
    const incidents = new Incidents(60_000, () => undefined);
    incidents.happened('unjudged', 'nyc', 'clean', 'a probe', performance.now(), new Date());
    const url = await startPage(new Flow(['fra', 'nyc']), incidents);
    await using browser = await startBrowser(chromium!);
    const page = await browser.open(url);
    const contents = await vi.waitUntil(async () => {
      const html = String(await page.evaluate('document.body.outerHTML'));
      return html.includes('<td>nyc/clean</td>') && html;
    }, 60_000);
    expect(contents).toContain('no verdict there');
    expect(contents).toContain('<td class="blind">unjudged</td>');
    expect(contents).toContain('<p class="trouble">unjudged</p>');
    expect(contents).not.toContain('hop troubled');
  },
);

/** The page's address. */
async function startPage(flow: Flow, incidents: Incidents): Promise<string> {
  const source = { datacenters: ['fra', 'nyc'], watched: [], flow, incidents, open: 1 };
  const server = await startPageServer({
    listen: { address: '127.0.0.1', port: 0 },
    knob: 'PENSTOCK_PROBER_PAGE_LISTEN',
    snapshot: () => pageView(source),
    history: () => flow.seconds,
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  return `http://127.0.0.1:${server.address.port}/`;
}
