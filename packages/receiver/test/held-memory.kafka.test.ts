import { existsSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { sharedKafka, uniqueName } from '@penstock/test-broker';
import { peakRssBytesOf } from '@penstock/test-process';
import { expect, test } from 'vitest';
import { post, startReceiverProcess, type ReceiverProcess } from './receiver-process.ts';

const MiB = 1024 ** 2;
const canMeasure = existsSync('/proc/self/status');

async function startMeasured(): Promise<ReceiverProcess> {
  const kafka = await sharedKafka();
  const topic = uniqueName('raw');
  await kafka.createTopic(topic, { configs: { 'max.message.bytes': '2000000' } });
  const receiver = await startReceiverProcess(kafka.bootstrap, { RAW_TOPIC: topic });
  for (let n = 0; n < 20; n += 1) await post(receiver.url, `{"warm":"${'x'.repeat(50_000)}"}`);
  return receiver;
}

const head =
  'POST /v4/events HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n' +
  'transfer-encoding: chunked\r\n\r\n';

/** Sends a body in chunks of `size`, and keeps the connection open. */
function upload({ url }: ReceiverProcess, size: number, count: number): { socket: Socket; answer(): string } {
  const { port, hostname } = new URL(url);
  const chunk = `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`;
  let answer = '';
  const socket = connect(Number(port), hostname, () => socket.write(head + chunk.repeat(count)));
  socket.setEncoding('latin1').on('data', (text: string) => (answer += text));
  socket.on('error', () => {});
  return { socket, answer: () => answer };
}

const inFlightBytes = async ({ operations }: ReceiverProcess): Promise<number> => {
  const exposition = await (await fetch(`${operations}/metrics`)).text();
  return Number(/penstock_receiver_in_flight_bytes(?:\{.*\})? (\d+)/.exec(exposition)?.[1]);
};

test.skipIf(!canMeasure)(
  'bodies of a megabyte in one-byte chunks are refused before they cost memory',
  async () => {
    const receiver = await startMeasured();
    const before = peakRssBytesOf(receiver.pid);
    const uploads = Array.from({ length: 8 }, () => upload(receiver, 1, 1_000_000));
    await expect
      .poll(() => uploads.filter(({ answer }) => answer().includes('"code":"too-many-chunks"')).length, {
        timeout: 120_000,
      })
      .toBe(8);
    // Eight such bodies once took 3 200 MB.
    expect(peakRssBytesOf(receiver.pid) - before).toBeLessThan(150 * MiB);
    for (const { socket } of uploads) socket.destroy();
    await expect.poll(() => inFlightBytes(receiver)).toBe(0);
    expect(await post(receiver.url, '{}')).toMatchObject({ status: 200 });
  },
);

test.skipIf(!canMeasure)('unfinished bodies of small chunks hold about what is counted', async () => {
  const receiver = await startMeasured();
  const before = peakRssBytesOf(receiver.pid);
  const uploads = Array.from({ length: 100 }, () => upload(receiver, 9, 16_000));
  await expect.poll(() => inFlightBytes(receiver), { timeout: 120_000 }).toBeGreaterThan(100 * 16_000 * 9);
  const counted = await inFlightBytes(receiver);
  // As many Buffers took 25 times as much, 400 MB.
  expect(counted).toBeLessThan(30 * MiB);
  expect(peakRssBytesOf(receiver.pid) - before).toBeLessThan(150 * MiB);
  for (const { socket } of uploads) socket.destroy();
  await expect.poll(() => inFlightBytes(receiver)).toBe(0);
});
