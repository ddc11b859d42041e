import { createLog } from '@penstock/service';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Webhook } from './webhook.ts';

test('a redirect is no delivery: it would be followed by a GET without the alert', async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    request.resume();
    if (request.url === '/login') response.end('welcome');
    else response.writeHead(301, { location: '/login' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const log = createLog({ service: 'prober', level: 'silent' });
  const told = vi.spyOn(log, 'warn');
  await using webhook = new Webhook(`http://127.0.0.1:${port}/hook`, log);
  const since = new Date();
  webhook.tell({ kind: 'lost', datacenter: 'fra', hop: 'raw', since, ended: null, count: 1, examples: [] });
  await vi.waitUntil(() => told.mock.calls.length > 0, 10_000);
  expect(told).toHaveBeenCalledWith({ problem: 'status 301', tries: 1 }, expect.any(String));
  expect(asked).toEqual(['POST /hook']);
});
