import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

/**
 * Ports below every usual ephemeral range (Linux 32768.., macOS 49152..): a broker that is down for a
 * restart must not lose its port to somebody's outgoing connection.
 */
const first = 20_000;
const last = 31_999;

/** A TCP port on 127.0.0.1 that no other test process will choose while the reservation is held. */
export interface ReservedPort {
  readonly port: number;
  release(): void;
}

/**
 * Reserves free TCP ports. A free port cannot be held open for a JVM that is about to bind it, so the UDP
 * port of the same number is the lock: binding it is atomic between processes, and it ends with the
 * process, however that dies.
 */
export async function reservePorts(count: number): Promise<ReservedPort[]> {
  const reserved: ReservedPort[] = [];
  for (let attempt = 0; reserved.length < count; attempt += 1) {
    if (attempt > 1_000) throw new Error(`no free port between ${first} and ${last} in ${attempt} attempts`);
    const port = first + Math.floor(Math.random() * (last - first + 1));
    const lock = await lockUdp(port);
    if (!lock) continue;
    if (await canListen(port)) reserved.push(lock);
    else lock.release();
  }
  return reserved;
}

function lockUdp(port: number): Promise<ReservedPort | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => resolve(undefined));
    // exclusive: a cluster worker would otherwise share its sibling's socket.
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => {
      socket.unref();
      resolve({ port, release: () => socket.close() });
    });
  });
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    // Every address: a service of somebody else may listen on 0.0.0.0 only.
    server.listen({ port, host: '0.0.0.0', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
