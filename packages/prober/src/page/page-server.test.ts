import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { startPageServer } from './page-server.ts';

type Second = { number: number; [more: string]: unknown };

const numbered = (count: number, more: object = { lost: 0 }): Second[] =>
  Array.from({ length: count }, (_, index) => ({ number: index + 1, ...more }));

async function start(history: readonly Second[] = numbered(1)): Promise<number> {
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
  expect(text).toBe('event: history\ndata: [{"number":1,"lost":0}]\n\ndata: {"verdict":"kept"}\n\n');
});

test('a history that is long comes in parts', async () => {
  const response = await fetch(`http://127.0.0.1:${await start(numbered(130))}/updates`);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!text.includes('kept')) text += (await reader.read()).value ?? '';
  await reader.cancel();
  const parts = [...text.matchAll(/^event: history\ndata: (.*)$/gm)].map(
    ([, data]) => JSON.parse(data!) as [],
  );
  expect(parts.map(({ length }) => length)).toEqual([60, 60, 10]);
});

test('a viewer that is slow gets every second, once and in order, and is not let go meanwhile', async () => {
  // More than the buffers between two processes take.
  const history = numbered(60, { padding: 'x'.repeat(400_000) });
  const port = await start(history);
  const asked = request({ host: '127.0.0.1', port, path: '/updates' }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  // These pass while it reads nothing.
  for (let number = 61; number <= 63; number++) {
    await sleep(1_000);
    history.push({ number });
  }
  let text = '';
  for await (const chunk of response) {
    text += String(chunk).replaceAll(/x+/g, '');
    if (/"number":63\D[^]*"verdict"/.test(text)) break;
  }
  const numbers = [...text.matchAll(/"number":(\d+)/g)].map(([, number]) => Number(number));
  expect(numbers).toEqual(Array.from({ length: 63 }, (_, index) => index + 1));
});

test.each([
  ['a name that was made to point here', '/', { host: 'evil.example' }, 'GET', 403],
  ['another method', '/', {}, 'POST', 405],
  ['another file', '/../package.json', {}, 'GET', 404],
])('%s is refused', async (_, path, headers, method, status) => {
  expect(await ask(await start(), path, headers, method)).toBe(status);
});
