import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { startPageServer } from './page-server.ts';

async function start(history: readonly object[] = [{ lost: 0 }]): Promise<number> {
  const server = await startPageServer({
    listen: { address: '127.0.0.1', port: 0 },
    knob: 'PENSTOCK_PROBER_PAGE_LISTEN',
    snapshot: () => ({ verdict: 'kept' }),
    history: () => history,
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server.address.port;
}

function ask(
  port: number,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers, method }, (response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    })
      .on('error', reject)
      .end();
  });
}

test.each(['/', '/page.js', '/draw.js', '/page.css'])('%s may load nothing from elsewhere', async (path) => {
  const response = await fetch(`http://127.0.0.1:${await start()}${path}`);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(await response.text()).not.toMatch(/https?:\/\//);
});

test('the history comes first, then what is now', async () => {
  const response = await fetch(`http://127.0.0.1:${await start()}/updates`);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!text.includes('kept')) text += (await reader.read()).value ?? '';
  await reader.cancel();
  expect(text).toBe('event: history\ndata: [{"lost":0}]\n\ndata: {"verdict":"kept"}\n\n');
});

test('a history that is long comes in parts', async () => {
  const response = await fetch(`http://127.0.0.1:${await start(Array(130).fill({ lost: 0 }))}/updates`);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!text.includes('kept')) text += (await reader.read()).value ?? '';
  await reader.cancel();
  const parts = [...text.matchAll(/^event: history\ndata: (.*)$/gm)].map(
    ([, data]) => JSON.parse(data!) as [],
  );
  expect(parts.map(({ length }) => length)).toEqual([60, 60, 10]);
});

test('a viewer that is slow misses updates, and is not let go in the middle of the history', async () => {
  // More than the buffers between two processes take.
  const port = await start(Array(60).fill({ padding: 'x'.repeat(400_000) }));
  const asked = request({ host: '127.0.0.1', port, path: '/updates' }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  await sleep(2_500);
  let updates = 0;
  for await (const chunk of response) {
    updates += String(chunk).split('"verdict"').length - 1;
    if (updates >= 2) break;
  }
  expect(updates).toBeGreaterThanOrEqual(2);
});

test.each([
  ['a name that was made to point here', '/', { host: 'evil.example' }, 'GET', 403],
  ['another method', '/', {}, 'POST', 405],
  ['another file', '/../package.json', {}, 'GET', 404],
])('%s is refused', async (_, path, headers, method, status) => {
  expect(await ask(await start(), path, headers, method)).toBe(status);
});
