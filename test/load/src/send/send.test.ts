import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { idsIn } from '../plan/event-ids.ts';
import { parseMix } from '../plan/request-shape.ts';
import { send } from './send.ts';

type Answer = (request: IncomingMessage, response: ServerResponse, ids: number[]) => void;

async function receiver(answer: Answer): Promise<string> {
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      answer(request, response, idsIn(5, Buffer.concat([Buffer.from(request.url ?? ''), body])));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const some = { seed: 5, events: 40, eventsPerRequest: 4, clients: 2 };

test('every event is sent, and the ledger knows its answer', async () => {
  const seen: number[] = [];
  const url = await receiver((_, response, ids) => {
    seen.push(...ids);
    response.statusCode = ids.includes(8) ? 400 : 200;
    response.end();
  });
  const { ledger, total } = await send({ ...some, urls: [url], mix: parseMix('1,2,3,4,pixel,beacon') });
  expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, event) => event));
  expect(ledger.outcome(8)).toBe('refused');
  expect(total.acknowledged + total.refused).toBe(40);
  expect(total.bytes).toBeGreaterThan(40 * 200);
});

test('Retry-After is heeded, and the same events are sent again', async () => {
  const times: number[] = [];
  const url = await receiver((_, response) => {
    times.push(performance.now());
    response.statusCode = times.length === 1 ? 503 : 200;
    response.setHeader('retry-after', '1');
    response.end();
  });
  const { ledger, total } = await send({ ...some, events: 4, urls: [url] });
  expect(times).toHaveLength(2);
  expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(990);
  expect([ledger.count('acknowledged'), total.resends]).toEqual([4, 1]);
});

test('with a rate, a request behind a slow answer is as late as its user would see it', async () => {
  let answered = 0;
  const url = await receiver((_, response) => {
    // The first answer takes 600 ms; the next three requests are due 100 ms after each other meanwhile.
    setTimeout(() => response.end(), answered++ === 0 ? 600 : 0);
  });
  const { total } = await send({
    ...{ ...some, events: 16, clients: 1, urls: [url] },
    rate: [{ eventsPerSecond: 40 }],
  });
  expect(total.requests).toBe(4);
  expect(total.lateMs).toBeGreaterThan(400);
  expect(total.latencyMs.p50).toBeGreaterThan(350);
});

test('each step of a rate has its own totals', async () => {
  const url = await receiver((_, response) => response.end());
  const rate = [{ eventsPerSecond: 40, seconds: 0.5 }, { eventsPerSecond: 400 }];
  const { total, steps } = await send({ ...some, events: 100, urls: [url], rate });
  expect(steps.map(({ acknowledged }) => acknowledged)).toEqual([20, 80]);
  expect(total.acknowledged).toBe(100);
});

test('without an answer until the end its events are unknown', async () => {
  const url = await receiver((_, response) => void response.destroy());
  const { ledger, total } = await send({ ...some, events: 8, urls: [url], resendForMs: 200 });
  expect([ledger.count('unknown'), total.unknown, total.requests]).toEqual([8, 8, 0]);
});
