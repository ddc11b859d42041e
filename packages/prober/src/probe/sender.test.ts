import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { probeOf, type Route } from './probe.ts';
import { sendProbe } from './sender.ts';

async function answerTo(
  route: Route,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return sendProbe({ url, apiKey: undefined }, probeOf({ run: 1, stream: 0, sequence: 0 }, route), {
    ...{ partitionKey: 'k', timeoutMs: 1_000, retryMs: 300, signal: new AbortController().signal },
    onResend: () => undefined,
  });
}

test.each<[string, Route, string, string]>([
  ['its own words', 'batch', 'application/json', '{"request_id":"q","bytes":7}'],
  [
    'with a word more, written otherwise',
    'batch',
    'application/json',
    '{ "bytes": 7, "request_id": "\\"q\\"", "late": false }\n',
  ],
  ['its picture', 'pixel', 'image/gif', 'GIF89a'],
])('a 200 of the Receiver is an acknowledgement: %s', async (_, route, type, body) => {
  const answer = await answerTo(route, (_request, response) =>
    response.writeHead(200, { 'content-type': type }).end(body),
  );
  expect(answer).toBe('acknowledged');
});

test.each<[string, Route, (request: IncomingMessage, response: ServerResponse) => void]>([
  ['the login page of a proxy', 'batch', (_, response) => response.end('<h1>Log in</h1>')],
  ['an empty 200', 'batch', (_, response) => response.end()],
  ['JSON of somebody else', 'batch', (_, response) => response.end('{"ok":true,"bytes":7}')],
  ['JSON that is nothing', 'batch', (_, response) => response.end('null')],
  [
    'a picture instead of words',
    'batch',
    (_, response) => response.writeHead(200, { 'content-type': 'image/gif' }).end('GIF89a'),
  ],
  ['a page instead of a pixel', 'pixel', (_, response) => response.end('<h1>Log in</h1>')],
  [
    'a redirect to a page that is fine',
    'batch',
    ({ url }, response) => {
      if (url === '/login') response.end('{"request_id":"q","bytes":7}');
      else response.writeHead(302, { location: '/login' }).end();
    },
  ],
])('what only looks like one is no answer, so that nothing counts as lost: %s', async (_, route, answer) => {
  expect(await answerTo(route, answer)).toBe('unknown');
});
