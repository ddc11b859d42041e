import { freePort, ServiceProcess } from '@penstock/test-process';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { findConnect } from '../filter/find-connect.ts';
import { withFiles, type Place, type ReceiverContender } from './contender.ts';

/** Benthos 4.27 took as much as Connect of 2026 at one event a request, and 2.2 times as much at 100. */
const benthosShares: ReadonlyMap<number, number> = new Map([
  [1, 1],
  [100, 1 / 2.2],
]);

export async function connectContender(
  folder: string,
  say: (line: string) => void,
): Promise<ReceiverContender> {
  const peer = await findConnect(say);
  return {
    name: peer.name,
    shareOfConnect: (events) => (peer.isConnect ? 1 : benthosShares.get(events)),
    skipped: peer.trouble,
    async start(place) {
      const port = await freePort();
      const file = join(folder, `${place.topic}.yaml`);
      await writeFile(file, pipelineFile(place, port));
      await using starting = new AsyncDisposableStack();
      const service = starting.use(
        new ServiceProcess({
          name: peer.name,
          command: withFiles(place.connections, peer.command(file)),
          env: { PATH: process.env['PATH'], HOME: folder },
        }),
      );
      await service.until(() => listens(port), 'it listens');
      starting.move(); // whoever called owns it now
      return { process: service, url: `http://127.0.0.1:${port}/v4/events` };
    },
  };
}

/**
 * What a user would write: the body as it came is one message, its key is a header, it is answered once
 * Kafka has it. Batches, linger, acks and compression as those of the Receiver.
 */
function pipelineFile({ bootstrap, topic }: Place, port: number): string {
  return `
http: { enabled: false }
logger: { level: WARN }
input:
  http_server:
    address: 127.0.0.1:${port}
    path: /v4/events
    allowed_verbs: [POST]
    timeout: 30s
output:
  kafka_franz:
    seed_brokers: ${JSON.stringify(bootstrap)}
    topic: ${topic}
    key: \${! meta("X-Partition-Key") }
    partitioner: murmur2_hash
    idempotent_write: true
    compression: none
    max_message_bytes: 1MiB
    max_in_flight: 20
    batching: { byte_size: 524288, period: 5ms }
`;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
