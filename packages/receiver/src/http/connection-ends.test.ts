import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startHttpSide, type HttpSide } from '../../test/http-side.ts';
import { refuseConnection, type RefusalOptions } from './refuse-connection.ts';

const head = 'POST /v4/events HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n';
const post = (body: string): string => `${head}content-length: ${body.length}\r\n\r\n${body}`;

interface Talk {
  socket: Socket;
  said(): string;
  ended: Promise<unknown>;
}

/** A client that may end its side and still listens. */
function talk(side: HttpSide): Talk {
  const socket = connect({ port: side.port, host: '127.0.0.1', allowHalfOpen: true }).setEncoding('latin1');
  onTestFinished(() => void socket.destroy());
  let said = '';
  socket.on('data', (text: string) => (said += text)).on('error', (error) => (said += error.message));
  return { socket, said: () => said, ended: once(socket, 'end') };
}

const settleAll = (side: HttpSide): void => {
  for (const { token } of side.appended.splice(0)) token.settled(undefined);
};

test('a client that ends its side once it has sent, and waits, is answered', async () => {
  const side = await startHttpSide();
  side.outcome = 'never';
  const { socket, said, ended } = talk(side);
  socket.end(post('{}'));
  await expect.poll(() => side.appended).toHaveLength(1);
  await sleep(50); // in which its end arrives, too
  settleAll(side);
  await ended;
  expect(said()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(said()).not.toContain('ECONNRESET');
});

test('a Receiver that leaves answers what is sent without waiting, and closes behind the last', async () => {
  const side = await startHttpSide();
  side.outcome = 'never';
  side.leaving = true;
  const { socket, said, ended } = talk(side);
  socket.write(post('[1]') + post('[2]') + post('[3]'));
  await expect.poll(() => side.appended).toHaveLength(3);
  settleAll(side);
  await ended;
  expect(said().match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3);
  const answers = said().split('HTTP/1.1 ').slice(1);
  expect(answers.map((answer) => answer.includes('connection: close'))).toEqual([false, false, true]);
});

test('a connection that was mute and then asks has as much time for its answer as any other', async () => {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const connected = async (): Promise<{ client: Socket; socket: Socket }> => {
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    onTestFinished(() => void client.destroy());
    const [socket] = (await once(server, 'connection')) as [Socket];
    onTestFinished(() => void socket.destroy());
    return { client: client.on('error', () => {}), socket: socket.resume() };
  };
  const [asking, mute] = [await connected(), await connected()];
  const really = setTimeout;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const late = Object.assign(new Error('late'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
  // Neither the server nor its metrics are asked for a mute connection.
  for (const { socket } of [asking, mute])
    refuseConnection(late, socket, { muteMs: 50 } as unknown as RefusalOptions);
  asking.client.write('POST');
  await expect.poll(() => asking.socket.bytesRead).toBe(4);
  vi.advanceTimersByTime(50);
  await new Promise((resolve) => really(resolve, 150));
  expect([asking.socket.destroyed, mute.socket.destroyed]).toEqual([false, true]);
});
