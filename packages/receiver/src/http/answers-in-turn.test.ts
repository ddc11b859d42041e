import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { startHttpSide, type HttpSide } from '../../test/http-side.ts';

const head = 'POST /v4/events HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 3\r\n';
const post = (n: number): string => `${head}\r\n${100 + n}`;
const unknown = 'GET /unknown HTTP/1.1\r\nhost: a\r\n\r\n';
const expecting = 'GET /unknown HTTP/1.1\r\nhost: a\r\nexpect: nothing\r\n\r\n';

interface Talk {
  socket: Socket;
  said(): string;
  closed(): boolean;
}

function talk(side: HttpSide, sent: string): Talk {
  const socket = connect(side.port, '127.0.0.1', () => socket.write(sent)).setEncoding('latin1');
  onTestFinished(() => void socket.destroy());
  let said = '';
  let closed = false;
  socket.on('data', (text: string) => (said += text)).on('error', () => {});
  socket.on('close', () => (closed = true));
  return { socket, said: () => said, closed: () => closed };
}

const settleAll = (side: HttpSide): void => {
  for (const { token } of side.appended.splice(0)) token.settled(undefined);
};
const statusesOf = (said: string): string[] =>
  [...said.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status!);
const cutOff = async (side: HttpSide): Promise<number> =>
  Number(/dropped_connections_total\{limit="answers"\} (\d+)/.exec(await side.metrics())?.[1]);
const MiB = 1024 ** 2;

test.each([
  ['refused', unknown],
  ['not expected', expecting],
])('answers that wait behind a request without one are counted and bounded: %s', async (_, request) => {
  const side = await startHttpSide({ IN_FLIGHT_BYTES_MAX: '8MiB' });
  side.outcome = 'never';
  const talks = Array.from({ length: 40 }, () => talk(side, post(0)));
  await expect.poll(() => side.appended.length).toBe(40);
  for (const { socket } of talks) socket.write(request.repeat(60));
  await expect.poll(() => cutOff(side)).toBeGreaterThan(20);
  // Those that were not cut off hold what they hold in the budget, and leave most of it to others.
  expect(side.budget.bytes).toBeGreaterThan(1.5 * MiB);
  expect(side.budget.bytes).toBeLessThan(4 * MiB);
  settleAll(side);
  // An expectation that is not met ends the connection.
  const answers = ['200', ...(request === unknown ? Array<string>(60).fill('404') : ['417'])].join();
  const answered = (): number => talks.filter(({ said }) => statusesOf(said()).join() === answers).length;
  await expect.poll(async () => answered() + (await cutOff(side))).toBe(40);
  expect(answered()).toBeGreaterThan(3);
  await expect.poll(() => side.budget.bytes).toBe(0);
});

test('many connections with few requests in waiting hold no more than the budget', async () => {
  const side = await startHttpSide({ IN_FLIGHT_BYTES_MAX: '1MiB' });
  side.outcome = 'never';
  let most = 0;
  const onMade = (): void => void (most = Math.max(most, side.budget.bytes));
  subscribe('http.server.request.start', onMade);
  onTestFinished(() => void unsubscribe('http.server.request.start', onMade));
  const talks = Array.from({ length: 12 }, () => talk(side, post(0)));
  await expect.poll(() => side.appended.length).toBe(12);
  const large = unknown.replace('host', `x-long: ${'x'.repeat(10_000)}\r\nhost`);
  for (const { socket } of talks) socket.write(large.repeat(16));
  await expect.poll(() => cutOff(side)).toBeGreaterThan(0);
  settleAll(side);
  // Who is not cut off is answered.
  const isOver = ({ said, closed }: Talk): boolean => closed() || statusesOf(said()).length === 17;
  await expect.poll(() => talks.every(isOver)).toBe(true);
  // The posts themselves are beside it.
  expect(most).toBeLessThan(1.2 * MiB);
  await expect.poll(() => side.budget.bytes).toBe(0);
});

test('nothing is made of what comes behind the cut in the same piece', async () => {
  const side = await startHttpSide({ IN_FLIGHT_BYTES_MAX: '1MiB' });
  side.outcome = 'never';
  let made = 0;
  const onMade = (): void => void (made += 1);
  subscribe('http.server.request.start', onMade);
  onTestFinished(() => void unsubscribe('http.server.request.start', onMade));
  const talks = Array.from({ length: 40 }, () => talk(side, post(0)));
  await expect.poll(() => side.appended.length).toBe(40);
  for (const { socket } of talks) socket.write(unknown.repeat(1_500));
  await expect.poll(() => talks.every(({ closed }) => closed())).toBe(true);
  expect(made).toBeLessThan(40 * 70);
  settleAll(side);
  await expect.poll(() => side.budget.bytes).toBe(0);
});

test('who sends a hundred requests without waiting is answered a hundred times, in order', async () => {
  const side = await startHttpSide();
  side.outcome = 'never';
  const sent = Array.from({ length: 100 }, (_, n) => (n % 3 === 1 ? unknown : post(n)));
  const { said } = talk(side, sent.join(''));
  await expect.poll(() => side.appended.length).toBe(67);
  expect(said()).toBe('');
  expect(side.appended.map(({ record }) => String(record.value))).toEqual(
    sent.flatMap((text) => /\d{3}$/.exec(text)?.[0] ?? []),
  );
  // The last are stored first.
  for (const { token } of side.appended.splice(0).toReversed()) token.settled(undefined);
  const expected = sent.map((text) => (text === unknown ? '404' : '200'));
  await expect.poll(() => statusesOf(said())).toEqual(expected);
  await expect.poll(() => side.budget.bytes).toBe(0);
});

test('a client with few requests in waiting is told that the memory is full, not cut off', async () => {
  const side = await startHttpSide({ IN_FLIGHT_BYTES_MAX: '1MiB' });
  side.outcome = 'never';
  const { said, closed } = talk(side, post(0));
  await expect.poll(() => side.appended.length).toBe(1);
  side.budget.hold(MiB);
  const few = talk(side, unknown + post(1).repeat(16));
  await expect.poll(() => statusesOf(few.said())).toEqual(['404', ...Array<string>(16).fill('503')]);
  side.budget.giveBack(MiB);
  settleAll(side);
  await expect.poll(() => statusesOf(said())).toEqual(['200']);
  expect([closed(), few.closed()]).toEqual([false, false]);
});

test('the headers of a request that waits count, too', async () => {
  const side = await startHttpSide();
  side.outcome = 'never';
  const { socket } = talk(side, post(0));
  await expect.poll(() => side.appended.length).toBe(1);
  const before = side.budget.bytes;
  socket.write(unknown.replace('host', `x-long: ${'x'.repeat(10_000)}\r\nhost`).repeat(5));
  await expect.poll(() => side.budget.bytes - before).toBeGreaterThan(100_000);
  settleAll(side);
  await expect.poll(() => side.budget.bytes).toBe(0);
});

test('a client that goes away leaves nothing of what waited for it in the budget', async () => {
  const side = await startHttpSide();
  side.outcome = 'never';
  const { socket } = talk(side, post(0) + unknown.repeat(100));
  await expect.poll(() => side.appended.length).toBe(1);
  socket.destroy();
  settleAll(side);
  await expect.poll(() => side.budget.bytes).toBe(0);
});

test('a client that never reads its answers is cut off in the end', { timeout: 60_000 }, async () => {
  const side = await startHttpSide({
    KEEP_ALIVE_TIMEOUT_MS: '1000',
    HEADERS_TIMEOUT_MS: '500',
    BODY_TIMEOUT_MS: '500',
    DELIVERY_TIMEOUT_MS: '500',
  });
  const socket = connect(side.port, '127.0.0.1').pause();
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  const piece = unknown.repeat(1_000);
  for (let n = 0; n < 200 && side.budget.bytes === 0; n += 1) {
    socket.write(piece);
    await sleep(10);
  }
  await expect.poll(() => side.budget.bytes).toBeGreaterThan(0);
  await expect.poll(() => side.budget.bytes, { timeout: 20_000 }).toBe(0);
});
