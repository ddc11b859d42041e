import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Where a Chromium is, if there is one. */
export const chromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (path) => existsSync(path),
);

/** One page in a headless Chromium, spoken to by the DevTools protocol. */
export interface BrowserPage extends AsyncDisposable {
  /** What an expression is in the page, as JSON. */
  evaluate(expression: string): Promise<unknown>;
  /** The whole page as PNG, laid out for that width, in one of the two colour schemes. */
  screenshot(o: { width: number; scheme: 'light' | 'dark' }): Promise<Buffer>;
}

interface Answer {
  id?: number;
  result?: { result?: { value?: unknown }; data?: string };
  error?: { message: string };
}

export async function openPage(browser: string, url: string): Promise<BrowserPage> {
  const profile = await mkdtemp(join(tmpdir(), 'penstock-chromium-'));
  const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--remote-debugging-port=0'];
  const child = spawn(browser, [...flags, `--user-data-dir=${profile}`, url], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise((resolve) => child.on('close', resolve));
  const socket = new WebSocket(await pageSocket(await debuggerOf(child), url));
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true });
    socket.addEventListener('error', () => reject(new Error('Chromium does not talk')), { once: true });
  });
  let calls = 0;
  const call = (method: string, params: object): Promise<Answer['result']> => {
    const id = ++calls;
    const answer = new Promise<Answer['result']>((resolve, reject) => {
      const onMessage = ({ data }: MessageEvent): void => {
        const told = JSON.parse(String(data)) as Answer;
        if (told.id !== id) return;
        socket.removeEventListener('message', onMessage);
        if (told.error) reject(new Error(`${method}: ${told.error.message}`));
        else resolve(told.result);
      };
      socket.addEventListener('message', onMessage);
    });
    socket.send(JSON.stringify({ id, method, params }));
    return answer;
  };
  return {
    evaluate: async (expression) =>
      (await call('Runtime.evaluate', { expression, returnByValue: true }))?.result?.value,
    async screenshot({ width, scheme }) {
      const media = [{ name: 'prefers-color-scheme', value: scheme }];
      await call('Emulation.setEmulatedMedia', { features: media });
      const layout = { width, height: 800, deviceScaleFactor: 1, mobile: width < 600 };
      await call('Emulation.setDeviceMetricsOverride', layout);
      const shot = await call('Page.captureScreenshot', { format: 'png', captureBeyondViewport: true });
      return Buffer.from(shot?.data ?? '', 'base64');
    },
    async [Symbol.asyncDispose]() {
      socket.close();
      child.kill('SIGKILL');
      await ended;
      await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    },
  };
}

/** The address at which Chromium takes commands, from its standard error. */
async function debuggerOf(child: ChildProcess): Promise<string> {
  const seen: string[] = [];
  for await (const line of createInterface({ input: child.stderr! })) {
    seen.push(line);
    const found = /DevTools listening on ws:\/\/([^/]+)\//.exec(line);
    if (!found) continue;
    child.stderr!.resume(); // or it stops when the pipe is full
    return found[1]!;
  }
  throw new Error(`Chromium ended:\n${seen.join('\n')}`);
}

async function pageSocket(address: string, url: string): Promise<string> {
  for (let tries = 0; tries < 300; tries++) {
    const response = await fetch(`http://${address}/json/list`);
    const pages = (await response.json()) as { type: string; url: string; webSocketDebuggerUrl: string }[];
    const found = pages.find((page) => page.type === 'page' && page.url === url);
    if (found) return found.webSocketDebuggerUrl;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`Chromium has not opened ${url}`);
}
