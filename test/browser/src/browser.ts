import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { connectDevTools, type DevTools } from './devtools.ts';

/** One headless Chromium with a profile of its own. */
export interface Browser extends AsyncDisposable {
  /** A tab whose page has loaded. */
  open(url: string): Promise<Tab>;
}

export interface Tab {
  /** What an expression is in the page, as JSON; a promise is awaited. Rejects when it throws. */
  evaluate(expression: string): Promise<unknown>;
  /** The whole page as PNG, laid out for that width, in one of the two colour schemes. */
  screenshot(look: { width: number; scheme: 'light' | 'dark' }): Promise<Buffer>;
  /** Another page in the same tab; settles when it has loaded. */
  navigate(url: string): Promise<void>;
  /** As somebody closes it: the page is told. */
  close(): Promise<void>;
  /** The page is gone without having been told. */
  crash(): Promise<void>;
  /** Takes the network from this tab, or gives it back. */
  offline(offline: boolean): Promise<void>;
}

export async function startBrowser(path: string): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), 'penstock-chromium-'));
  const flags = [
    ...['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'],
    ...['--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'],
  ];
  const child = spawn(path, flags, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise((resolve) => child.on('close', resolve));
  const devTools = await connectDevTools(await debuggerOf(child));
  return {
    open: (url) => openTab(devTools, url),
    async [Symbol.asyncDispose]() {
      devTools.close();
      child.kill('SIGKILL');
      await ended;
      await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    },
  };
}

async function openTab(devTools: DevTools, first: string): Promise<Tab> {
  const { targetId } = await devTools.call('Target.createTarget', { url: 'about:blank' });
  const attached = await devTools.call('Target.attachToTarget', { targetId, flatten: true });
  const session = String(attached['sessionId']);
  const call = (method: string, params?: object) => devTools.call(method, params, session);
  await call('Page.enable');
  const tab: Tab = {
    async evaluate(expression) {
      const params = { expression, awaitPromise: true, returnByValue: true };
      const answer = (await call('Runtime.evaluate', params)) as {
        result?: { value?: unknown };
        exceptionDetails?: { text: string; exception?: { description?: string } };
      };
      const { exceptionDetails: thrown } = answer;
      if (thrown) throw new Error(thrown.exception?.description ?? thrown.text);
      return answer.result?.value;
    },
    async screenshot({ width, scheme }) {
      const media = [{ name: 'prefers-color-scheme', value: scheme }];
      await call('Emulation.setEmulatedMedia', { features: media });
      const layout = { width, height: 800, deviceScaleFactor: 1, mobile: width < 600 };
      await call('Emulation.setDeviceMetricsOverride', layout);
      const shot = await call('Page.captureScreenshot', { format: 'png', captureBeyondViewport: true });
      return Buffer.from(String(shot['data']), 'base64');
    },
    async navigate(url) {
      const loaded = devTools.next('Page.loadEventFired', session);
      const { errorText } = (await call('Page.navigate', { url })) as { errorText?: string };
      if (errorText !== undefined) throw new Error(`${url}: ${errorText}`);
      await loaded;
    },
    async close() {
      const gone = devTools.next('Target.detachedFromTarget', session);
      // It may be gone before it answers.
      call('Page.close').catch(() => {});
      await gone;
    },
    async crash() {
      const crashed = devTools.next('Inspector.targetCrashed', session);
      await call('Inspector.enable');
      // Never answered: whoever should is gone.
      call('Page.crash').catch(() => {});
      await crashed;
      await devTools.call('Target.closeTarget', { targetId });
    },
    async offline(offline) {
      await call('Network.enable');
      const unlimited = { latency: 0, downloadThroughput: -1, uploadThroughput: -1 };
      await call('Network.emulateNetworkConditions', { offline, ...unlimited });
    },
  };
  await tab.navigate(first);
  return tab;
}

/** The address at which Chromium takes commands, from its standard error. */
async function debuggerOf(child: ChildProcess): Promise<string> {
  const seen: string[] = [];
  for await (const line of createInterface({ input: child.stderr! })) {
    seen.push(line);
    const found = /DevTools listening on (ws:\S+)/.exec(line);
    if (!found) continue;
    child.stderr!.resume(); // or it stops when the pipe is full
    return found[1]!;
  }
  throw new Error(`Chromium ended:\n${seen.join('\n')}`);
}
