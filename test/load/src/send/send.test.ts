import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { idsIn } from '../plan/event-ids.ts';
import { describeSent } from '../commands/send-report.ts';
import { parseRate } from '../plan/arrivals.ts';
import { parseMix } from '../plan/request-shape.ts';
import { clientAgent, post } from './post.ts';
import { SendTotals } from './send-totals.ts';
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

/** As a Receiver acknowledges. */
function acknowledge({ method }: IncomingMessage, response: ServerResponse): void {
  const isPixel = method === 'GET';
  response.setHeader('content-type', isPixel ? 'image/gif' : 'application/json');
  response.end(isPixel ? 'GIF89a' : '{"request_id":"0","bytes":9}');
}

const some = { seed: 5, events: 40, eventsPerRequest: 4, clients: 2 };

test('every event is sent, and the ledger knows its answer', async () => {
  const seen: number[] = [];
  const url = await receiver((request, response, ids) => {
    seen.push(...ids);
    response.statusCode = ids.includes(8) ? 400 : 200;
    acknowledge(request, response);
  });
  const { ledger, total } = await send({ ...some, urls: [url], mix: parseMix('1,2,3,4,pixel,beacon') });
  expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, event) => event));
  expect(ledger.outcome(8)).toBe('refused');
  expect(total.acknowledged + total.refused).toBe(40);
  expect(total.bytes).toBeGreaterThan(40 * 200);
});

test('the API key is in the header, and in the URL of those who can set none', async () => {
  const seen = new Set<string>();
  const url = await receiver((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://any');
    const { authorization: header = 'no header' } = request.headers;
    seen.add(`${request.method} ${pathname} ${header} ${searchParams.get('api_key') ?? 'not in the URL'}`);
    acknowledge(request, response);
  });
  const mix = parseMix('1,2,3,4,avro,pixel,beacon');
  await send({ ...some, events: 200, eventsPerRequest: 2, urls: [url], mix, apiKey: 'a+key' });
  expect([...seen].toSorted()).toEqual([
    'GET /v1/collect no header a+key',
    'POST /v1/collect Bearer a+key not in the URL',
    'POST /v2/track Bearer a+key not in the URL',
    'POST /v3/batch Bearer a+key not in the URL',
    'POST /v4/beacon no header a+key',
    'POST /v4/events Bearer a+key not in the URL',
  ]);
});

test('a run that a Receiver refuses for its key says so in words', async () => {
  const url = await receiver((_, response) => {
    response.statusCode = 401;
    response.end();
  });
  const sent = await send({ ...some, urls: [url] });
  expect(sent.total.refusedBy).toEqual({ 401: 40 });
  const own = { cpuMicrosPerEvent: 1, cores: 2 };
  expect(describeSent({ ...sent, ledger: 'l', seed: 5, unsent: 0, own })).toContain(
    '\nAll 40 events were refused with 401: the Receiver asks for an API key (--api-key-file).\n',
  );
});

test('Retry-After is heeded, and the same events are sent again', async () => {
  const times: number[] = [];
  const url = await receiver((request, response) => {
    times.push(performance.now());
    response.statusCode = times.length === 1 ? 503 : 200;
    response.setHeader('retry-after', '1');
    acknowledge(request, response);
  });
  const { ledger, total } = await send({ ...some, events: 4, urls: [url] });
  expect(times).toHaveLength(2);
  expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(990);
  expect([ledger.count('acknowledged'), total.resends]).toEqual([4, 1]);
});

test('with a rate, a request behind a slow answer is as late as its user would see it', async () => {
  let answered = 0;
  const url = await receiver((request, response) => {
    // The first answer takes 600 ms; the next three requests are due 100 ms after each other meanwhile.
    setTimeout(() => acknowledge(request, response), answered++ === 0 ? 600 : 0);
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
  const url = await receiver(acknowledge);
  const rate = [{ eventsPerSecond: 40, seconds: 0.5 }, { eventsPerSecond: 400 }];
  const { total, steps } = await send({ ...some, events: 100, urls: [url], rate });
  expect(steps.map(({ acknowledged }) => acknowledged)).toEqual([20, 80]);
  expect(total.acknowledged).toBe(100);
});

test('a step that is too short for a request of its own has a row of nothing', async () => {
  const url = await receiver(acknowledge);
  const rate = parseRate('1010x1,5x1,1000x1');
  const options = { ...some, events: 1_200, eventsPerRequest: 20, clients: 8, urls: [url], rate };
  const sent = await send(options);
  expect(sent.steps.map(({ acknowledged }) => acknowledged)).toEqual([1_020, 0, 180]);
  const own = { cpuMicrosPerEvent: 1, cores: 2 };
  const lines = describeSent({ ...sent, ledger: 'l', seed: 5, unsent: 0, own }, rate).split('\n');
  expect(lines[2]).toMatch(/^step 2 +5 +0 /);
});

test.each([
  ['the login page of a network', 200, 'text/html', '<html>Welcome to the Grand Hotel, please log in'],
  ['a server that stores nothing', 204, 'text/plain', ''],
  ['another service', 200, 'application/json', '{"status":"ok"}'],
  ['a service that says null', 200, 'application/json', 'null'],
  ['a page for a pixel', 200, 'image/gif', '<html>'],
])('%s acknowledges nothing, and is told', async (_, status, contentType, body) => {
  const url = await receiver((_request, response) => {
    response.writeHead(status, { 'content-type': contentType });
    response.end(body);
  });
  const mix = parseMix('pixel,4');
  const eight = { ...some, events: 8, mix, urls: [url], rate: [{ eventsPerSecond: 400 }] };
  const sent = await send({ ...eight, resendForMs: 100 });
  expect([sent.total.acknowledged, sent.total.unknown, sent.total.requests]).toEqual([0, 8, 0]);
  expect(sent.ledger.count('acknowledged')).toBe(0);
  const own = { cpuMicrosPerEvent: 1, cores: 2 };
  expect(describeSent({ ...sent, ledger: 'l', seed: 5, unsent: 0, own })).toContain(
    ` not a Receiver's, so no acknowledgement; the first: status ${status}, body ${JSON.stringify(body)}.`,
  );
});

test('without an answer until the end its events are unknown', async () => {
  const url = await receiver((_, response) => void response.destroy());
  const { ledger, total, steps } = await send({ ...some, events: 8, urls: [url], resendForMs: 200 });
  expect([ledger.count('unknown'), total.unknown, total.requests]).toEqual([8, 8, 0]);
  const own = { cpuMicrosPerEvent: 1, cores: 2 };
  const told = describeSent({ total, steps, own, ledger: 'l', seed: 5, unsent: 0 });
  expect(told).toContain('NOTHING WAS ACKNOWLEDGED');
});

test('an answer that trickles is given up in time: each byte does not begin it anew', async () => {
  const url = await receiver((_, response) => {
    const trickle = setInterval(() => response.write(' '), 50);
    response.on('close', () => clearInterval(trickle));
  });
  const agent = clientAgent(1);
  onTestFinished(() => agent.destroy());
  const body = { method: 'POST', path: '/', contentType: 'text/plain', body: Buffer.from('x') } as const;
  const options = { agent, partitionKey: 'k', attempt: 1, timeoutMs: 400 };
  await expect(post(url, { ...body, encoding: undefined }, options)).resolves.toMatchObject({ status: 0 });
});

test('while nothing is answered, the time of the progress goes on', async () => {
  const totals = new SendTotals(performance.now() - 30_000);
  expect(totals.live().elapsedMs).toBeGreaterThanOrEqual(30_000);
  expect(totals.progress().elapsedMs).toBe(0);
});
