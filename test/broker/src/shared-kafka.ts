import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { connectedKafka } from './connected-kafka.ts';
import { readTail } from './broker/log-tail.ts';
import { brokerKind, startKafka } from './start-kafka.ts';
import type { TestKafka, ToolContainers } from './test-kafka.ts';

/** What a test process has to know of a cluster that another process started. */
interface SharedAddress {
  bootstrap: string[];
  logFiles: string[];
  containers?: ToolContainers | undefined;
}

let shared: Promise<TestKafka> | undefined;

/**
 * The one-broker cluster that all tests of a run share, started when the first of them asks. Use names of
 * your own (`uniqueName`), and do not harm it: it has no `brokers`, and disposing of it does nothing. In
 * this order: the cluster named by PENSTOCK_TEST_BOOTSTRAP, the vitest run's own, one started for this
 * process and ended with it.
 */
export function sharedKafka(): Promise<TestKafka> {
  shared ??= findShared();
  return shared;
}

/**
 * The cluster given by PENSTOCK_TEST_BOOTSTRAP ('host:port,host:port'). Tests that harm brokers skip
 * themselves then.
 */
export function givenBootstrap(): string[] | undefined {
  const given = process.env['PENSTOCK_TEST_BOOTSTRAP'];
  return given ? given.split(',').map((address) => address.trim()) : undefined;
}

/**
 * Whether this run can start a cluster with `secured`: a cluster of its own, of child JVMs, and openssl for
 * the certificates.
 */
export function canSecure(): boolean {
  if (givenBootstrap() || brokerKind() !== 'jvm') return false;
  return spawnSync('openssl', ['version']).status === 0;
}

async function findShared(): Promise<TestKafka> {
  const given = givenBootstrap();
  if (given) return connectTo({ bootstrap: given, logFiles: [] });
  const door = process.env['VITEST'] ? await doorOfTheRun() : undefined;
  if (door !== undefined) return connectTo(await askAtDoor(door));
  const own = await startKafka({ name: 'shared' });
  return { ...own, brokers: [], [Symbol.asyncDispose]: () => Promise.resolve() };
}

async function doorOfTheRun(): Promise<number | undefined> {
  const { inject } = await import('vitest');
  return inject('sharedKafkaDoor');
}

function connectTo({ bootstrap, logFiles, containers }: SharedAddress): TestKafka {
  return connectedKafka({
    bootstrap,
    brokers: [],
    containers,
    dispose: () => Promise.resolve(),
    logs: (lines = 40) => logFiles.map((path) => `--- ${path}\n${readTail(path, lines)}`).join('\n'),
  });
}

async function askAtDoor(port: number): Promise<SharedAddress> {
  const socket = connect({ host: '127.0.0.1', port });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'end');
  const answer = JSON.parse(Buffer.concat(chunks).toString()) as SharedAddress | { error: string };
  if ('error' in answer) throw new Error(answer.error);
  return answer;
}

/**
 * The side of the run's main process: whoever connects gets the address, and the first one starts the
 * broker.
 */
export async function openDoor(): Promise<{ port: number } & AsyncDisposable> {
  let started: Promise<TestKafka> | undefined;
  const address = async (): Promise<SharedAddress | { error: string }> => {
    started ??= startKafka({ name: 'shared' });
    try {
      const { bootstrap, brokers, containers } = await started;
      return { bootstrap, logFiles: brokers.flatMap((broker) => broker.logFile ?? []), containers };
    } catch (error) {
      return { error: String(error) };
    }
  };
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    void address().then((answer) => socket.end(JSON.stringify(answer)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      server.close();
      const kafka = await started?.catch(() => undefined);
      await kafka?.[Symbol.asyncDispose]();
    },
  };
}
